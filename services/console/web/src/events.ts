// Events as a list, newest first.

import { h } from "./dom";
import { clock } from "./format";
import { firstOf, timesOf } from "./repeats";
import { shape } from "./standings";
import type { PlantEvent, Standing } from "./types";

const STANDING: Record<PlantEvent["severity"], Standing> = { info: "good", warning: "doubtful", error: "bad" };
const MOST = 200;

export function eventList(events: readonly PlantEvent[], nothing: string): HTMLElement {
  if (!events.length) return h("p", { class: "note" }, nothing);
  return h("ul", { class: "events" }, ...events.slice(0, MOST).map(entry));
}

function entry(event: PlantEvent): HTMLElement {
  return h(
    "li",
    { class: `state-${STANDING[event.severity] ?? "doubtful"}` },
    shape(STANDING[event.severity] ?? "doubtful"),
    h("time", {}, clock(event.time / 1e6)),
    h("a", { class: "who", href: `#/sensors/${encodeURIComponent(event.subject_id)}` }, `${event.service}/${event.subject_id}`),
    h("span", { class: "what" }, event.text, timesOf(event) > 1 && h("span", { class: "next" }, often(event))),
  );
}

function often(event: PlantEvent): string {
  return `${timesOf(event).toLocaleString("en")} times since ${clock(firstOf(event) / 1e6)}`;
}
