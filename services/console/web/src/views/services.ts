// Services: how each instance is, its devices, their circuits; closed again by who may.

import { h, Keyed, setAttr, setText } from "../dom";
import { span } from "../format";
import { standingOf, worstFirst } from "../service";
import { setShape, shape } from "../standings";
import type { Changes, Store } from "../store";
import { ask } from "../stream";
import type { Device, Service } from "../types";
import type { View } from "../view";

const COLUMNS = ["device", "address", "connection", "circuit", "answers in", "last error"];

export function servicesView(store: Store): View {
  const note = h("p", { class: "note", role: "status" });
  const list = h("div", { class: "services" });
  const element = h("section", { "aria-label": "Services" }, note, list);
  const parts = new WeakMap<HTMLElement, (service: Service) => void>();
  const keyed = new Keyed<Service, HTMLElement>(
    list,
    (one) => `${one.service}/${one.instance}`,
    (one) => {
      const card = serviceCard(store, one, note);
      parts.set(card.element, card.update);
      return card.element;
    },
    (card, one) => parts.get(card)?.(one),
  );
  const show = (): void => {
    const { list: found, trouble } = store.topics.services;
    setText(note, trouble ?? (found.length ? "" : "No service has answered yet."));
    keyed.show(worstFirst(found));
  };
  show();
  return {
    element,
    title: "Services",
    update(changes: Changes): void {
      if (changes.topics.has("services")) show();
    },
  };
}

function serviceCard(store: Store, one: Service, note: HTMLElement) {
  const icon = shape("stale", true);
  const state = h("span", { class: "state" });
  const facts = h("p", { class: "soft" });
  const troubles = h("ul", { class: "troubles" });
  const body = h("tbody");
  const table = h(
    "div",
    { class: "scroll" },
    h("table", {}, h("thead", {}, h("tr", {}, ...COLUMNS.map((name) => h("th", { scope: "col" }, name)), h("th", { scope: "col" }, h("span", { class: "unseen" }, "action")))), body),
  );
  const element = h(
    "article",
    { class: "service", "data-service": one.service },
    h("header", {}, icon, h("h2", {}, one.service), h("span", { class: "soft" }, one.instance), state),
    facts,
    troubles,
    table,
  );
  const rows = new Keyed<Device, HTMLTableRowElement>(
    body,
    (device) => device.device_id,
    (device) => deviceRow(store, one, device, note),
    fillDevice,
  );
  const update = (service: Service): void => {
    const standing = standingOf(service);
    setShape(icon, standing);
    setText(state, service.state);
    setAttr(state, "class", `state state-${standing}`);
    const known = [
      service.version && `version ${service.version}`,
      service.uptime_seconds != null && `up ${span(service.uptime_seconds)}`,
      service.waiting != null && `${service.waiting} messages wait`,
    ];
    setText(facts, known.filter(Boolean).join(" · "));
    const told = service.troubles.slice(0, 8);
    if (troubles.textContent !== told.join("")) troubles.replaceChildren(...told.map((text) => h("li", {}, text)));
    const devices = service.devices ?? [];
    table.hidden = devices.length === 0;
    rows.show(devices);
  };
  return { element, update };
}

function deviceRow(store: Store, service: Service, device: Device, note: HTMLElement): HTMLTableRowElement {
  const row = h("tr", { "data-device": device.device_id });
  for (const name of COLUMNS) row.append(h("td", { "data-label": name }));
  const action = h("td");
  if (service.can_reset && store.hello?.visitor.may_reset) {
    const button = h(
      "button",
      { type: "button", "aria-label": `Reset the circuit of ${device.device_id}`, click: () => void reset() },
      "Reset",
    );
    const reset = async (): Promise<void> => {
      button.disabled = true;
      try {
        const wanted = { service: service.service, instance: service.instance, device_id: device.device_id };
        const { devices } = await ask<{ devices: string[] }>("/api/reset", wanted);
        setText(note, `The circuit of ${devices.join(", ")} is closed again.`);
      } catch (error) {
        setText(note, `The circuit of ${device.device_id} was not reset: ${(error as Error).message}`);
      } finally {
        button.disabled = false;
      }
    };
    action.append(button);
  }
  row.append(action);
  return row;
}

function fillDevice(row: HTMLTableRowElement, device: Device): void {
  const { circuit } = device;
  const well = device.state === "connected" && (!circuit || circuit.state === "closed");
  const failures = circuit?.failure_count ? `, ${circuit.failure_count} failures` : "";
  const texts = [
    device.device_id,
    device.address,
    device.state.replaceAll("_", " "),
    circuit ? `${circuit.state.replaceAll("_", " ")}${failures}` : "–",
    device.response_time_ms === null || device.state !== "connected" ? "–" : `${device.response_time_ms.toFixed(1)} ms`,
    device.last_error && well ? `is over: ${device.last_error}` : (device.last_error ?? ""),
  ];
  texts.forEach((text, at) => setText(row.children[at]!, text));
  setAttr(row, "class", well ? "" : "state-bad");
  setAttr(row, "data-circuit", circuit?.state ?? "none");
}
