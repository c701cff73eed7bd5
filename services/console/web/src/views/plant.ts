// The mimic: header, meters, sensors, users, condensate return, balances. Drawn anew when the cast changes.

import { BalanceCard, balanceHeight } from "../balance";
import { Card, heightOf } from "../card";
import { h, s, setText } from "../dom";
import { GAP, inRows, type Box } from "../layout";
import { type Device, devicesOf } from "../places";
import { shape, WORDS } from "../standings";
import type { Changes, Store } from "../store";
import type { Standing } from "../types";
import type { View } from "../view";

const LEAST_CARD = 232;
const MOST_LINES = 4;
const MOST_DEVICES = 36;
const PIPE = 30;

interface Stack {
  title: string;
  devices: Device[];
  height: number;
}

export function plantView(store: Store): View {
  const drawing = s("svg", { class: "mimic", role: "group", "aria-label": "Mimic of the plant" });
  const hint = h("p", { class: "hint" }, "Waiting for the first reading …");
  const element = h("section", { "aria-label": "Plant" }, legend(), hint, h("div", { class: "canvas" }, drawing));
  let cards: Card[] = [];
  let balances: BalanceCard[] = [];
  let bySensor = new Map<string, Card>();
  let width = 0;

  const draw = (): void => {
    width = Math.max(300, element.clientWidth || document.documentElement.clientWidth - 32);
    const mimic = new Mimic(store, width);
    drawing.replaceChildren(...mimic.drawn());
    drawing.setAttribute("viewBox", `0 0 ${width} ${mimic.height}`);
    drawing.setAttribute("height", String(mimic.height));
    drawing.setAttribute("width", String(width));
    cards = mimic.cards;
    balances = mimic.balances;
    bySensor = new Map(cards.flatMap((card) => card.sensors.map((sensor) => [sensor.id, card] as const)));
    setText(hint, hintOf(store, mimic.undrawn));
    hint.hidden = !hint.textContent;
  };
  const observer = new ResizeObserver(() => {
    if (Math.abs(element.clientWidth - width) > 1) draw();
  });
  observer.observe(element);

  return {
    element,
    title: "Plant",
    update(changes: Changes): void {
      if (changes.cast || changes.topics.has("hello")) {
        draw();
        return;
      }
      const touched = new Set<Card>();
      for (const sensor of changes.sensors) {
        const card = bySensor.get(sensor.id);
        if (card) touched.add(card);
      }
      for (const card of touched) card.update();
      if (changes.sensors.size || changes.topics.has("events")) for (const one of balances) one.update();
    },
    grow(): void {
      for (const card of cards) card.update();
    },
    leave: () => observer.disconnect(),
  };
}

class Mimic {
  readonly cards: Card[] = [];
  readonly balances: BalanceCard[] = [];
  height = 0;
  /** Devices for which there is no room. */
  undrawn: Device[] = [];
  private readonly pipes: SVGElement[] = [];
  private readonly titles: SVGElement[] = [];

  constructor(
    private readonly store: Store,
    private readonly width: number,
  ) {
    const devices = devicesOf(store);
    const at = (place: string): Device[] => {
      const there = devices.filter((one) => one.place === place);
      this.undrawn.push(...there.slice(MOST_DEVICES));
      return there.slice(0, MOST_DEVICES);
    };
    let y = this.above([...at("supply"), ...at("header")]);
    const header = y;
    y = this.users(at("users"), y + PIPE / 2 + GAP * 1.5, header);
    y = this.below([...at("condensate"), ...at("make_up")], y);
    this.header(header);
    y = this.balanced(y + GAP);
    y = this.rest("Control system", at("control"), y);
    this.height = Math.max(y, 80);
  }

  drawn(): SVGElement[] {
    return [
      ...this.pipes,
      ...this.titles,
      ...this.cards.map((card) => card.element),
      ...this.balances.map((card) => card.element),
    ];
  }

  /** What feeds the header and what measures it stands above; returns where the header is. */
  private above(devices: Device[]): number {
    const { boxes, bottom } = this.row(devices, 0);
    const y = bottom + GAP * 1.5 + PIPE / 2;
    devices.forEach((device, at) => {
      this.pipe(boxes[at]!, boxes[at]!.y, y, device.place === "supply" ? "steam" : "wire");
    });
    return y;
  }

  private header(y: number): void {
    const { width } = this;
    this.pipes.push(s("rect", { x: 0, y: y - PIPE / 2, width, height: PIPE, rx: PIPE / 2, class: "header" }));
    this.titles.push(s("text", { x: 20, y: y + 5, class: "pipe-name" }, "Steam header"));
  }

  private users(devices: Device[], top: number, header: number): number {
    const stacks = new Map<string, Stack>();
    for (const device of devices) {
      const title = device.user || device.id;
      const stack = stacks.get(title) ?? { title: device.user, devices: [], height: device.user ? 26 : 0 };
      stack.height += heightOf(device, MOST_LINES) + (stack.devices.length ? GAP / 2 : 0);
      stack.devices.push(device);
      stacks.set(title, stack);
    }
    const found = [...stacks.values()];
    const { boxes, bottom } = inRows(found, this.width, top, LEAST_CARD);
    found.forEach((stack, at) => {
      const box = boxes[at]!;
      this.pipe(box, header, box.y + 10, "steam");
      if (stack.title) this.titles.push(s("text", { x: box.x + box.width / 2 + 14, y: box.y + 15, class: "user" }, stack.title));
      let y = box.y + (stack.title ? 26 : 0);
      if (stack.title) this.pipe(box, box.y, y + 4, "steam");
      for (const device of stack.devices) {
        const height = heightOf(device, MOST_LINES);
        this.cards.push(new Card(this.store, device, { ...box, y, height }, MOST_LINES));
        y += height + GAP / 2;
      }
    });
    return bottom + GAP;
  }

  private below(devices: Device[], top: number): number {
    if (!devices.length) return top;
    const y = top + 15;
    const pipe = { x: 0, y: y - 13, width: this.width, height: 26, rx: 13, class: "condensate" };
    this.pipes.push(s("rect", pipe));
    this.titles.push(s("text", { x: 20, y: y + 5, class: "pipe-name" }, "Condensate and feed water"));
    const { boxes, bottom } = this.row(devices, y + GAP * 1.5);
    boxes.forEach((box) => this.pipe(box, y, box.y + 4, "water"));
    return bottom;
  }

  private balanced(top: number): number {
    const known = this.store.hello?.layout.balances ?? [];
    if (!known.length) return top;
    this.title("Balances", top + 14);
    const items = known.map((one) => ({ height: balanceHeight(one) }));
    const { boxes, bottom } = inRows(items, this.width, top + 26, LEAST_CARD + 60);
    known.forEach((one, at) => this.balances.push(new BalanceCard(this.store, one, boxes[at]!)));
    return bottom + GAP;
  }

  private rest(title: string, devices: Device[], top: number): number {
    if (!devices.length) return top;
    this.title(title, top + 14);
    return this.row(devices, top + 26).bottom + GAP;
  }

  private row(devices: Device[], top: number) {
    const items = devices.map((device) => ({ height: heightOf(device, MOST_LINES) }));
    const rows = inRows(items, this.width, top, LEAST_CARD);
    devices.forEach((device, at) => this.cards.push(new Card(this.store, device, rows.boxes[at]!, MOST_LINES)));
    return rows;
  }

  private pipe(box: Box, from: number, to: number, kind: string): void {
    const x = box.x + box.width / 2;
    this.pipes.push(s("line", { x1: x, x2: x, y1: from, y2: to, class: `pipe ${kind}` }));
  }

  private title(text: string, y: number): void {
    this.titles.push(s("text", { x: 2, y, class: "section" }, text));
  }
}

function hintOf(store: Store, undrawn: readonly Device[]): string {
  if (!store.sensors.size) return store.hello ? "Waiting for the first reading …" : "Connecting …";
  if (!undrawn.length) return "";
  return `${undrawn.length} more devices have no room here: all are under Sensors, what is wrong with them under Alarms.`;
}

function legend(): HTMLElement {
  const entries = (Object.keys(WORDS) as Standing[]).map((one) => h("li", {}, shape(one), WORDS[one]));
  return h("ul", { class: "legend", "aria-label": "Shapes and colours" }, ...entries);
}
