// Alarms: what needs somebody now, and what has happened.

import { type Alarm, alarmsOf, summary } from "../alarms";
import { h, Keyed, setAttr, setText } from "../dom";
import { eventList } from "../events";
import { age, clock, zone } from "../format";
import { setShape, shape } from "../standings";
import type { Changes, Store } from "../store";
import type { View } from "../view";

const MOST = 300;

export function alarmsView(store: Store): View {
  const list = h("ul", { class: "events alarms", "aria-label": "Alarms now" });
  const note = h("p", { class: "note" });
  const severities = h(
    "select",
    { "aria-label": "Which events" },
    h("option", { value: "warning" }, "warnings and errors"),
    h("option", { value: "" }, "all events"),
  );
  const events = h("div");
  const element = h(
    "section",
    { "aria-label": "Alarms" },
    h("h2", {}, "Now"),
    note,
    list,
    h("div", { class: "tools" }, h("h2", {}, "What has happened"), severities, h("span", { class: "soft" }, `times are ${zone()}`)),
    events,
  );
  const keyed = new Keyed<Alarm, HTMLElement>(list, (one) => one.key, entry, (one, alarm) => refresh(one, alarm, store));
  const show = (): void => {
    const found = alarmsOf(store);
    const rest = found.length > MOST ? ` The first ${MOST} are shown.` : "";
    setText(note, found.length ? `${summary(found)}, the newest first.${rest}` : quiet(store));
    keyed.show(found.slice(0, MOST));
  };
  const showEvents = (): void => {
    const found = store.events.filter((one) => !severities.value || one.severity !== "info");
    events.replaceChildren(eventList(found, "Nothing in the last day."));
  };
  severities.addEventListener("change", showEvents);
  show();
  showEvents();

  return {
    element,
    title: "Alarms",
    update(changes: Changes): void {
      if (changes.topics.has("events") || changes.topics.has("hello")) showEvents();
      if (changes.topics.size || changes.turned) show();
    },
    grow: show,
  };
}

/** That nothing is known is not that all is well. */
function quiet(store: Store): string {
  return store.sensors.size ? `Nothing needs anybody now. ${store.sensors.size} sensors are known.` : "No reading has come yet.";
}

function entry(alarm: Alarm): HTMLElement {
  const who = h("a", { class: "who", href: alarm.link }, alarm.who);
  const what = h("span", { class: "what" }, h("span"), h("span", { class: "next" }));
  return h("li", {}, shape(alarm.standing, true), h("span", { class: "when" }), who, what);
}

function refresh(element: HTMLElement, alarm: Alarm, store: Store): void {
  const [icon, when, who, what] = [...element.children] as [SVGSVGElement, HTMLElement, HTMLElement, HTMLElement];
  setAttr(element, "class", `state-${alarm.standing}`);
  setShape(icon, alarm.standing);
  setText(when, alarm.since ? `${clock(alarm.since)} (${age((store.now() - alarm.since) / 1000)})` : "");
  setText(who, alarm.who);
  setText(what.firstElementChild!, alarm.what);
  setText(what.lastElementChild!, alarm.next);
}
