// One sensor: what it says now, its course, events.

import { Course } from "../course";
import { h, setAttr, setText } from "../dom";
import { eventList } from "../events";
import { describe } from "../facts";
import { age, clock, number, reading, spoken, zone } from "../format";
import { setShape, shape, WORDS } from "../standings";
import type { Changes, Sensor, Store } from "../store";
import { ask } from "../stream";
import type { PlantEvent } from "../types";
import type { View } from "../view";

const SIMULATED_AT_MOST = 50;

export function sensorView(store: Store, id: string): View {
  const icon = shape("stale", true);
  const big = h("p", { class: "big" });
  const word = h("p", { class: "standing" });
  const facts = h("dl", { class: "facts" });
  const events = h("div");
  const course = new Course(store, id);
  let left = false;
  let shown = "";

  const element = h(
    "section",
    { class: "sensor", "aria-label": `Sensor ${id}` },
    h("div", { class: "headline" }, icon, h("div", {}, big, word)),
    facts,
    course.element,
    h("h2", {}, "Events"),
    events,
  );
  /** What happens to a sensor happens to it, to its device, or to the line on which that is. */
  const subjects = (): string[] => {
    const sensor = store.sensors.get(id);
    return [...new Set([id, ...(sensor ? [sensor.device, sensor.source] : [])])];
  };
  const show = (): void => {
    const sensor = store.sensors.get(id);
    if (!sensor) {
      setText(big, "not heard of");
      setText(word, store.live ? "No reading of this name is known. Its past is shown if there is one." : "");
      return;
    }
    const standing = store.standing(sensor);
    setShape(icon, standing);
    setText(big, reading(sensor.value, sensor.unit));
    setAttr(element, "class", `sensor state-${standing}`);
    const found = store.findings(sensor).filter((one) => one !== WORDS[standing]);
    const since = store.since(sensor);
    setText(word, `${WORDS[standing]}${found.length ? `: ${found.join(", ")}` : ""}${since ? ` since ${clock(since)}` : ""}`);
    describe(facts, factsOf(store, sensor));
  };
  const latest = (): string => {
    const names = subjects();
    return [...names, store.events.find((one) => names.includes(one.subject_id))?.time].join("/");
  };
  const loadEvents = async (): Promise<void> => {
    shown = latest();
    try {
      const asked = subjects().map((one) => ask<PlantEvent[]>(`/api/sensors/${encodeURIComponent(one)}/events`));
      const found = (await Promise.all(asked)).flat().sort((a, b) => b.time - a.time);
      if (!left) events.replaceChildren(eventList(found, "Nothing has happened to it or its device in the last week."));
    } catch (error) {
      events.replaceChildren(h("p", { class: "note" }, (error as Error).message));
    }
  };
  show();
  void loadEvents();
  const onTheme = (): void => course.redraw();
  document.addEventListener("themechange", onTheme);

  return {
    element,
    title: id,
    update(changes: Changes): void {
      if (changes.cast || [...changes.sensors].some((one) => one.id === id)) show();
      if ((changes.cast || changes.topics.has("events")) && latest() !== shown) void loadEvents();
    },
    grow: show,
    leave(): void {
      left = true;
      document.removeEventListener("themechange", onTheme);
      course.leave();
    },
  };
}

function factsOf(store: Store, sensor: Sensor): Record<string, string> {
  const simulated = sensor.origin === "simulated" ? `, simulated ones stay below ${SIMULATED_AT_MOST}` : "";
  const code = `0x${sensor.status.toString(16).padStart(8, "0").toUpperCase()}`;
  const name = store.statusName(sensor.status);
  return {
    quantity: spoken(sensor.quantity),
    "raw value": sensor.raw === null ? "" : reading(sensor.raw, sensor.raw_unit),
    quality: `${Math.round(sensor.quality)} of 100${simulated}`,
    uncertainty: sensor.uncertainty === null ? "" : `± ${number(sensor.uncertainty)} ${sensor.unit}`,
    [sensor.value === null ? "last tried, without a value" : "measured"]:
      `${clock(sensor.time)} ${zone()} (${age((store.now() - sensor.time) / 1000)})`,
    device: `${sensor.device} (${spoken(sensor.device_class)})`,
    origin: sensor.origin,
    "status code": name ? `${name} (${code})` : code,
  };
}
