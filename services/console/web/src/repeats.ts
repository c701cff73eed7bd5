// What is said again and again takes one place: with how often, and since when.

import type { PlantEvent } from "./types";

/** Events, newest first, each once: the newest of those that say the same, with all that stood for it. */
export function withRepeats(events: readonly PlantEvent[]): PlantEvent[] {
  const found = new Map<string, PlantEvent>();
  for (const event of events) {
    const key = [event.service, event.subject_id, event.kind, event.text].join("\n");
    const newer = found.get(key);
    found.set(key, newer ? { ...newer, times: timesOf(newer) + timesOf(event), first: firstOf(event) } : event);
  }
  return [...found.values()];
}

export function timesOf(event: PlantEvent): number {
  return event.times ?? 1;
}

/** In ns since 1970. */
export function firstOf(event: PlantEvent): number {
  return event.first ?? event.time;
}

/** What has begun and not ended, for each subject and fact: the newest word about each counts. */
export function begun(events: readonly PlantEvent[], begins: string, ends: string, fact: string): PlantEvent[] {
  const told = new Map<string, PlantEvent>();
  for (const event of events) {
    if (event.kind !== begins && event.kind !== ends) continue;
    const key = `${event.facts[fact]}/${event.subject_id}`;
    const known = told.get(key);
    if (!known || known.time < event.time) told.set(key, event);
  }
  return [...told.values()].filter((event) => event.kind === begins);
}
