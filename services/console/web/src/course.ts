// The course of a sensor: from the last minute to the last week, any part of it, and statistics of what is shown.

import { Chart } from "./chart";
import { h, setAttr, setText } from "./dom";
import { describe } from "./facts";
import { number, spoken, zone } from "./format";
import type { Store } from "./store";
import { ask } from "./stream";
import type { History } from "./types";

const MINUTE = 60_000;
const RANGES: [string, number][] = [
  ["1 min", MINUTE],
  ["15 min", 15 * MINUTE],
  ["1 h", 60 * MINUTE],
  ["6 h", 360 * MINUTE],
  ["1 day", 1440 * MINUTE],
  ["1 week", 10080 * MINUTE],
];
const AGAIN_MS = 100;
const TROUBLE_MS = 5000;

type Span = [number, number];

export class Course {
  readonly element: HTMLElement;
  private readonly note = h("p", { class: "note", role: "status" });
  private readonly statistics = h("dl", { class: "facts" });
  private readonly chart: Chart;
  private readonly buttons = RANGES.map(([name, length]) =>
    h("button", { type: "button", click: () => this.choose(length, null) }, name),
  );
  private length = MINUTE;
  private fixed: Span | null = null;
  private shown: Span = [0, 0];
  private asking: AbortController | null = null;
  private timer = 0;

  constructor(
    private readonly store: Store,
    private readonly id: string,
  ) {
    this.chart = new Chart(
      () => store.hello?.standings ?? [],
      (begin, end) => this.choose(this.length, [begin, end]),
    );
    const step = (name: string, label: string, part: number) =>
      h("button", { type: "button", "aria-label": label, click: () => this.move(part) }, name);
    this.element = h(
      "div",
      { class: "course" },
      h(
        "div",
        { class: "tools", role: "group", "aria-label": "Time shown" },
        ...this.buttons,
        step("◀", "Earlier", -0.5),
        step("▶", "Later", 0.5),
      ),
      this.chart.element,
      this.note,
      h("h2", {}, "Statistics of the time shown"),
      this.statistics,
    );
    queueMicrotask(() => this.choose(MINUTE, null));
  }

  /** Colours come from the style sheet. */
  redraw(): void {
    this.chart.clear();
  }

  leave(): void {
    this.asking?.abort();
    window.clearTimeout(this.timer);
    this.chart.leave();
  }

  /** Show another time now: what was asked for before is not waited for. */
  private choose(length: number, fixed: Span | null): void {
    this.length = length;
    this.fixed = fixed;
    this.buttons.forEach((button, at) => setAttr(button, "aria-pressed", String(!fixed && RANGES[at]![1] === length)));
    void this.load(this.span());
  }

  private span(): Span {
    const now = this.store.now();
    return this.fixed ?? [now - this.length, now];
  }

  private move(part: number): void {
    const [begin, end] = this.shown;
    const by = part * (end - begin);
    if (end + by >= this.store.now()) this.choose(this.length, null);
    else this.choose(this.length, [begin + by, end + by]);
  }

  private async load(span: Span, goesOn = false): Promise<void> {
    this.asking?.abort();
    window.clearTimeout(this.timer);
    const { signal } = (this.asking = new AbortController());
    this.shown = span;
    const [begin, end] = span.map((at) => at.toFixed(0));
    const points = Math.min(1200, Math.max(120, Math.round(this.element.clientWidth || 600)));
    const path = `/api/sensors/${encodeURIComponent(this.id)}/history?begin=${begin}&end=${end}&points=${points}`;
    const slow = window.setTimeout(() => {
      if (!goesOn) setText(this.note, "Reading …");
    }, 500);
    try {
      const found = await ask<History>(path, undefined, signal);
      this.chart.show(found);
      describe(this.statistics, statisticsOf(found));
      setText(this.note, noteOf(found, this.fixed !== null));
      if (found.more) this.later(AGAIN_MS, () => span, true);
      else if (!this.fixed) this.later(Math.max(2000, this.length / 60), () => this.span());
    } catch (error) {
      if (signal.aborted) return;
      setText(this.note, `The history cannot be shown: ${(error as Error).message}`);
      this.later(TROUBLE_MS, () => this.span());
    } finally {
      window.clearTimeout(slow);
    }
  }

  private later(milliseconds: number, span: () => Span, goesOn = false): void {
    this.timer = window.setTimeout(() => void this.load(span(), goesOn), milliseconds);
  }
}

function statisticsOf(found: History): Record<string, string> {
  const { samples, values, least, most, mean, deviation, standings, flags } = found.statistics;
  const shares = Object.entries(standings).map(([name, count]) => `${name} ${share(count, samples)}`);
  const findings = Object.entries(flags).map(([name, count]) => `${spoken(name)} ${share(count, samples)}`);
  return {
    samples: `${samples.toLocaleString("en")}, ${share(values, samples)} with a value`,
    least: `${number(least)} ${found.unit}`,
    most: `${number(most)} ${found.unit}`,
    mean: `${number(mean)} ${found.unit}`,
    "standard deviation": `${number(deviation)} ${found.unit}`,
    standing: shares.join(", "),
    findings: findings.join(", "),
  };
}

function noteOf(found: History, zoomed: boolean): string {
  const next = zoomed ? "Choose a time above to follow again." : "Drag over the chart to look closer.";
  return `${partOf(found)} ${next} Times are ${zone()}.`;
}

function partOf(found: History): string {
  const stored = found.messages.toLocaleString("en");
  const { samples, values } = found.statistics;
  if (found.whole && samples && !values) return "None of the readings of this time has a value: look at a longer one.";
  if (found.whole) return samples ? "Every stored reading is in it." : "Nothing is stored of this time.";
  if (found.more) return `${(100 * found.read).toFixed(0)} % of ${stored} messages are read; of the rest some of each stretch are in it.`;
  return `${stored} messages are stored, too many to be read: the first of each stretch are in it.`;
}

function share(part: number, whole: number): string {
  if (!whole) return "–";
  if (part === whole) return "100 %";
  const hundredths = (100 * part) / whole;
  if (hundredths < 0.1) return `${part.toLocaleString("en")} of ${whole.toLocaleString("en")}`;
  return hundredths > 99.9 ? "over 99.9 %" : `${hundredths.toFixed(1)} %`;
}
