// Five standings, each with a colour, a shape and a word: nobody has to tell colours apart.

import { s } from "./dom";
import type { Standing } from "./types";

export const WORDS: Record<Standing, string> = {
  good: "good",
  simulated: "simulated",
  doubtful: "doubtful",
  stale: "stale",
  bad: "bad",
};

const SHAPES: Record<Standing, string> = {
  good: "M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12z",
  simulated: "M8 1.5L14.5 8L8 14.5L1.5 8z",
  doubtful: "M8 1.5L15 14H1z",
  stale: "M3 1.5h10L8 8l5 6.5H3L8 8z",
  bad: "M4.2 1.5L8 5.3l3.8-3.8l2.7 2.7L10.7 8l3.8 3.8l-2.7 2.7L8 10.7l-3.8 3.8l-2.7-2.7L5.3 8L1.5 4.2z",
};

const ORDER: Standing[] = ["good", "simulated", "doubtful", "stale", "bad"];

export function worst(standings: Iterable<Standing>): Standing {
  let found = 0;
  for (const one of standings) found = Math.max(found, ORDER.indexOf(one));
  return ORDER[found] ?? "good";
}

export function rank(standing: Standing): number {
  return ORDER.indexOf(standing);
}

/** The shape of a standing, 16 × 16; `setShape` changes it. */
export function shape(standing: Standing, label = false): SVGSVGElement {
  const icon = s("svg", { class: "shape", viewBox: "0 0 16 16", width: 16, height: 16 }, s("path"));
  if (label) icon.setAttribute("role", "img");
  else icon.setAttribute("aria-hidden", "true");
  setShape(icon, standing);
  return icon;
}

export function setShape(icon: SVGSVGElement, standing: Standing): void {
  const wanted = `shape state-${standing}`;
  if (icon.getAttribute("class") === wanted) return;
  icon.setAttribute("class", wanted);
  icon.firstElementChild?.setAttribute("d", SHAPES[standing]);
  if (icon.hasAttribute("role")) icon.setAttribute("aria-label", WORDS[standing]);
}
