// One sensor: what it says now, its course from the last minute to the last week, statistics, events.

import { Chart } from "../chart";
import { h, setAttr, setText } from "../dom";
import { age, clock, number, spoken } from "../format";
import { setShape, shape, WORDS } from "../standings";
import type { Changes, Store } from "../store";
import { ask } from "../stream";
import { eventList } from "../events";
import type { History, PlantEvent } from "../types";
import type { View } from "../view";

const MINUTE = 60_000;
const RANGES: [string, number][] = [
  ["1 min", MINUTE],
  ["15 min", 15 * MINUTE],
  ["1 h", 60 * MINUTE],
  ["6 h", 360 * MINUTE],
  ["1 day", 1440 * MINUTE],
  ["1 week", 10080 * MINUTE],
];

export function sensorView(store: Store, id: string): View {
  const icon = shape("stale", true);
  const big = h("p", { class: "big" });
  const word = h("p", { class: "standing" });
  const facts = h("dl", { class: "facts" });
  const note = h("p", { class: "note", role: "status" });
  const statistics = h("dl", { class: "facts" });
  const events = h("div");
  const buttons = RANGES.map(([name, length]) =>
    h("button", { type: "button", click: () => follow(length) }, name),
  );
  let length = MINUTE;
  let fixed: [number, number] | null = null;
  let timer = 0;
  let asking = false;
  let left = false;

  const chart = new Chart(
    () => store.hello?.standings ?? [],
    (begin, end) => {
      fixed = [begin, end];
      void load();
    },
  );
  const element = h(
    "section",
    { class: "sensor", "aria-label": `Sensor ${id}` },
    h("div", { class: "headline" }, icon, h("div", {}, big, word)),
    facts,
    h("div", { class: "tools", role: "group", "aria-label": "Time shown" }, ...buttons),
    chart.element,
    note,
    h("h2", {}, "Statistics of the time shown"),
    statistics,
    h("h2", {}, "Events"),
    events,
  );

  const load = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    window.clearTimeout(timer);
    buttons.forEach((button, at) => setAttr(button, "aria-pressed", String(!fixed && RANGES[at]![1] === length)));
    const end = fixed ? fixed[1] : store.now();
    const begin = fixed ? fixed[0] : end - length;
    const points = Math.min(1200, Math.max(120, Math.round(element.clientWidth || 600)));
    const path = `/api/sensors/${encodeURIComponent(id)}/history?begin=${begin.toFixed(0)}&end=${end.toFixed(0)}&points=${points}`;
    try {
      const found = await ask<History>(path);
      if (left) return;
      chart.show(found);
      describe(statistics, statisticsOf(found));
      setText(note, noteOf(found, fixed !== null));
    } catch (error) {
      setText(note, `The history cannot be shown: ${(error as Error).message}`);
    } finally {
      asking = false;
    }
    if (!fixed && !left) timer = window.setTimeout(() => void load(), Math.max(2000, length / 60));
  };
  const follow = (wanted: number): void => {
    length = wanted;
    fixed = null;
    void load();
  };
  const show = (): void => {
    const sensor = store.sensors.get(id);
    if (!sensor) {
      setText(big, "not heard of");
      return;
    }
    const standing = store.standing(sensor);
    setShape(icon, standing);
    setText(big, `${number(sensor.value)} ${sensor.unit}`);
    setAttr(element, "class", `sensor state-${standing}`);
    const found = store.words(sensor.flags).filter((one) => one !== WORDS[standing]);
    setText(word, `${WORDS[standing]}${found.length ? `: ${found.join(", ")}` : ""}`);
    describe(facts, {
      quantity: spoken(sensor.quantity),
      "raw value": `${number(sensor.raw)} ${sensor.raw_unit}`,
      quality: `${Math.round(sensor.quality)} of 100`,
      uncertainty: sensor.uncertainty === null ? "" : `± ${number(sensor.uncertainty)} ${sensor.unit}`,
      measured: `${clock(sensor.time)} (${age((store.now() - sensor.time) / 1000)})`,
      device: `${sensor.device} (${spoken(sensor.device_class)})`,
      origin: sensor.origin,
      "status code": `0x${sensor.status.toString(16).padStart(8, "0").toUpperCase()}`,
    });
  };
  const loadEvents = async (): Promise<void> => {
    try {
      const found = await ask<PlantEvent[]>(`/api/sensors/${encodeURIComponent(id)}/events`);
      events.replaceChildren(eventList(found, "Nothing has happened to it in the last week."));
    } catch (error) {
      events.replaceChildren(h("p", { class: "note" }, (error as Error).message));
    }
  };
  show();
  queueMicrotask(() => void load());
  void loadEvents();
  const onTheme = (): void => chart.clear();
  document.addEventListener("themechange", onTheme);

  return {
    element,
    title: id,
    update(changes: Changes): void {
      if (changes.cast || [...changes.sensors].some((one) => one.id === id)) show();
      if (changes.topics.has("events") && store.events[0]?.subject_id === id) void loadEvents();
    },
    grow: show,
    leave(): void {
      left = true;
      window.clearTimeout(timer);
      document.removeEventListener("themechange", onTheme);
      chart.leave();
    },
  };
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
  const part = found.whole
    ? "Every stored reading is in it"
    : `${found.messages.toLocaleString("en")} messages are stored: the first of each stretch are in it`;
  return `${part}. ${zoomed ? "Choose a time above to follow again." : "Drag over the chart to look closer."}`;
}

function share(part: number, whole: number): string {
  return whole ? `${((100 * part) / whole).toFixed(part === whole ? 0 : 1)} %` : "–";
}

/** Show facts in a list; those without a text are left out. */
function describe(list: HTMLElement, facts: Record<string, string>): void {
  const wanted = Object.entries(facts).filter(([, text]) => text);
  const terms = wanted.map(([name]) => name).join("|");
  if (list.dataset.terms !== terms) {
    list.dataset.terms = terms;
    list.replaceChildren(...wanted.map(([name]) => h("div", {}, h("dt", {}, name), h("dd"))));
  }
  wanted.forEach(([, text], at) => setText(list.children[at]!.lastElementChild!, text));
}
