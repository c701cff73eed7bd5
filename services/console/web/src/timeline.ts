// A line of time: a bar from beginning to end, and a mark for each step.

import { s, setAttr } from "./dom";

const WIDTH = 1000;
const HEIGHT = 22;

export interface Span {
  begin: number;
  end: number;
  steps: number[];
  kind: string;
}

export function timeline(): SVGSVGElement {
  return s("svg", { class: "timeline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
}

export function drawTimeline(line: SVGSVGElement, one: Span, from: number, to: number): void {
  const key = `${one.begin}/${one.end}/${one.steps.length}/${one.kind}/${Math.round(from / 1000)}/${Math.round(to / 1000)}`;
  if (line.dataset.drawn === key) return;
  line.dataset.drawn = key;
  const x = (time: number): number => ((time - from) / Math.max(1, to - from)) * WIDTH;
  const begin = x(one.begin);
  const bar = s("rect", { x: begin, y: 6, height: 10, rx: 3, width: Math.max(4, x(one.end) - begin) });
  const marks = one.steps.map((time) => s("rect", { x: x(time) - 1.5, y: 1, width: 3, height: 20, class: "step" }));
  setAttr(line, "class", `timeline ${one.kind}`);
  line.replaceChildren(bar, ...marks);
}
