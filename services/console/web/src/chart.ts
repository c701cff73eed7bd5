// The chart of a sensor: clean values with their spread, raw values, and how each stretch stood.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { h } from "./dom";
import { day, number } from "./format";
import type { History, Standing } from "./types";

const HEIGHT = 320;
const STRIP = 8;
const GAP = 3;

export class Chart {
  readonly element = h("div", { class: "chart", role: "img" });
  private plot: uPlot | null = null;
  private history: History | null = null;
  private units = "";
  private readonly observer = new ResizeObserver(() => this.plot?.setSize(this.size()));

  constructor(
    private readonly standings: () => Standing[],
    private readonly onZoom: (begin: number, end: number) => void,
  ) {
    this.observer.observe(this.element);
  }

  show(history: History): void {
    this.history = history;
    const units = `${history.unit}|${history.raw_unit}`;
    if (this.plot && units !== this.units) this.clear();
    this.units = units;
    const data = withGaps(history);
    this.plot ??= new uPlot(this.options(history), data, this.element);
    this.plot.setData(data, false);
    this.plot.setScale("x", { min: history.begin / 1000, max: history.end / 1000 });
    this.describe(history);
  }

  /** Colours come from the style sheet: drawn anew when the theme changes. */
  clear(): void {
    this.plot?.destroy();
    this.plot = null;
    if (this.history && this.element.isConnected) this.show(this.history);
  }

  leave(): void {
    this.observer.disconnect();
    this.plot?.destroy();
  }

  private describe(history: History): void {
    const { least, most, mean } = history.statistics;
    const text = `${number(least)} to ${number(most)} ${history.unit}, mean ${number(mean)}`;
    this.element.setAttribute("aria-label", `Course of the values: ${text}`);
  }

  private size(): { width: number; height: number } {
    return { width: Math.max(280, this.element.clientWidth), height: HEIGHT };
  }

  private options(history: History): uPlot.Options {
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
    const own = history.unit === history.raw_unit ? "y" : "raw";
    const value = (unit: string) => (_: uPlot, found: number | null) => `${number(found)} ${found === null ? "" : unit}`;
    const edge = { stroke: colour("--edge"), width: 1, points: { show: false }, value: value(history.unit) };
    const axes: uPlot.Axis[] = [{ ...axis, values: timesOf }, { ...axis, size: 64, label: history.unit, labelSize: 18 }];
    if (own === "raw") axes.push({ ...axis, side: 1, scale: "raw", size: 64, label: `raw ${history.raw_unit}`, labelSize: 18, grid: { show: false } });
    return {
      ...this.size(),
      cursor: { drag: { x: true, y: false, setScale: false } },
      scales: { x: { time: true } },
      axes,
      padding: [null, 26, null, null],
      series: [
        { value: (_: uPlot, at: number | null) => (at === null ? "–" : `${day(new Date(at * 1000))} ${hours(at)}`) },
        { ...edge, label: "least" },
        { ...edge, label: "most" },
        { label: "clean", stroke: colour("--accent"), width: 2, value: value(history.unit), points: { size: 4 } },
        { label: "raw", scale: own, stroke: colour("--raw"), width: 1, dash: [5, 4], value: value(history.raw_unit), points: { show: false } },
      ],
      bands: [{ series: [2, 1], fill: colour("--band") }],
      hooks: {
        draw: [(plot) => this.strip(plot, colour)],
        setSelect: [(plot) => this.zoomed(plot)],
      },
    };
  }

  private zoomed(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 8) return;
    const [begin, end] = [left, left + width].map((at) => plot.posToVal(at, "x") * 1000);
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (end! - begin! >= 2000) this.onZoom(begin!, end!);
  }

  /** A strip along the bottom: how the worst sample of each stretch stood. */
  private strip(plot: uPlot, colour: (name: string) => string): void {
    const columns = this.history?.columns;
    if (!columns) return;
    const { ctx, bbox } = plot;
    const names = this.standings();
    const times = columns.time;
    const step = this.history!.end - this.history!.begin;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    times.forEach((time, at) => {
      const standing = names[columns.standing[at] ?? 0];
      if (!standing || time === null || standing === "good") return;
      const x = plot.valToPos(time / 1000, "x", true);
      const next = times[at + 1];
      const wide = next ? plot.valToPos(next / 1000, "x", true) - x : (bbox.width * 2000) / step;
      ctx.fillStyle = colour(`--${standing}`);
      ctx.fillRect(x, bbox.top + bbox.height - STRIP, Math.max(2, Math.min(wide, bbox.width / 40)), STRIP);
    });
    ctx.restore();
  }
}

/** Stretches without a sample are holes in the lines: where they are longer than is usual in what is shown. */
function withGaps({ columns }: History): uPlot.AlignedData {
  const { time, least, most, mean, raw } = columns;
  const times = time.map((at) => (at ?? 0) / 1000);
  const pauses = times.slice(1).map((at, before) => at - times[before]!);
  const usual = [...pauses].sort((a, b) => a - b)[Math.floor(pauses.length / 2)] ?? 0;
  const data: (number | null)[][] = [[], [], [], [], []];
  times.forEach((at, place) => {
    if (place && pauses[place - 1]! > GAP * usual) [at - usual, null, null, null, null].forEach((one, row) => data[row]!.push(one));
    [at, least[place]!, most[place]!, mean[place]!, raw[place]!].forEach((one, row) => data[row]!.push(one));
  });
  return data as uPlot.AlignedData;
}

function hours(at: number, seconds = true): string {
  return new Date(at * 1000).toLocaleTimeString("en-GB", seconds ? {} : { hour: "2-digit", minute: "2-digit" });
}

/** Labels of the axis: 24 hours, with the day where it begins. */
function timesOf(_: uPlot, places: number[], __: number, ___: number, step: number): string[] {
  let before = "";
  return places.map((at) => {
    const date = day(new Date(at * 1000));
    const text = step >= 86400 ? date : `${hours(at, step < 60)}${date === before ? "" : `\n${date}`}`;
    before = date;
    return text;
  });
}
