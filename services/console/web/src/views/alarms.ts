// Alarms: what needs somebody now, and what has happened.

import { type Alarm, alarmsOf } from "../alarms";
import { h, Keyed, setAttr, setText } from "../dom";
import { eventList } from "../events";
import { setShape, shape } from "../standings";
import type { Changes, Store } from "../store";
import type { View } from "../view";

const MOST = 300;

export function alarmsView(store: Store): View {
  const list = h("ul", { class: "events alarms" });
  const none = h("p", { class: "note" }, "Nothing needs anybody now.");
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
    none,
    list,
    h("div", { class: "tools" }, h("h2", {}, "What has happened"), severities),
    events,
  );
  const keyed = new Keyed<Alarm, HTMLElement>(list, (one) => one.key, entry, refresh);
  const show = (): void => {
    const found = alarmsOf(store);
    none.hidden = found.length > 0;
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
      if (changes.topics.size) show();
    },
    grow: show,
  };
}

function entry(alarm: Alarm): HTMLElement {
  const who = h("a", { class: "who", href: alarm.link }, alarm.who);
  return h("li", {}, shape(alarm.standing), who, h("span", { class: "what" }));
}

function refresh(element: HTMLElement, alarm: Alarm): void {
  setAttr(element, "class", `state-${alarm.standing}`);
  setShape(element.firstElementChild as SVGSVGElement, alarm.standing);
  setText(element.lastElementChild!, alarm.what);
}
