// A balance on the mimic: what flows into each node and out of it, and whom it suspects.

import { s, setAttr, setText } from "./dom";
import { number, shortened } from "./format";
import type { Box } from "./layout";
import { setShape, shape, WORDS, worst } from "./standings";
import { begun } from "./repeats";
import type { Store } from "./store";
import type { Balance, PlantEvent, Standing } from "./types";

const LINE = 24;
const HEAD = 34;
const MOST_SUSPECTS = 2;

/** Sensors that a balance suspects now: the newest word about each counts. */
export function suspects(events: readonly PlantEvent[], balance?: string): PlantEvent[] {
  const found = begun(events, "balance_suspect", "balance_restored", "balance");
  return balance === undefined ? found : found.filter((event) => event.facts.balance === balance);
}

export function balanceHeight(balance: Balance): number {
  return HEAD + (balance.nodes.length * 3 + MOST_SUSPECTS) * LINE + 10;
}

export class BalanceCard {
  readonly element: SVGGElement;
  private readonly icon = shape("stale");
  private readonly word: SVGTextElement;
  private readonly texts: SVGTextElement[] = [];
  private readonly labels: SVGTextElement[] = [];

  constructor(
    private readonly store: Store,
    private readonly balance: Balance,
    private readonly box: Box,
  ) {
    this.word = s("text", { x: box.width - 10, y: 22, class: "word", "text-anchor": "end" });
    this.icon.setAttribute("x", "10");
    this.icon.setAttribute("y", "9");
    const lines = balance.nodes.length * 3 + MOST_SUSPECTS;
    for (let at = 0; at < lines; at++) {
      const y = HEAD + at * LINE + 16;
      this.labels.push(s("text", { x: 12, y, class: "label" }));
      this.texts.push(s("text", { x: box.width - 10, y, class: "value", "text-anchor": "end" }));
    }
    this.element = s(
      "g",
      { class: "card", transform: `translate(${box.x} ${box.y})`, "data-balance": balance.id },
      s("title", {}, balance.id),
      s("rect", { width: box.width, height: box.height, rx: 8, class: "frame" }),
      this.icon,
      s("text", { x: 34, y: 22, class: "name" }, shortened(balance.id, Math.floor((box.width - 110) / 7.4))),
      this.word,
      ...this.labels,
      ...this.texts,
    );
    this.update();
  }

  update(): void {
    const standings: Standing[] = [];
    let at = 0;
    for (const node of this.balance.nodes) {
      const [flowsIn, flowsOut] = [node.inflows, node.outflows].map((names) => this.sum(names, standings));
      const unit = this.unitOf(node.inflows);
      this.line(at++, `into ${node.node}`, `${number(flowsIn)} ${unit}`);
      this.line(at++, `out of ${node.node}`, `${number(flowsOut)} ${unit}`);
      const rest = flowsIn === null || flowsOut === null ? null : flowsIn! - flowsOut!;
      this.line(at++, "difference", `${rest !== null && rest > 0 ? "+" : ""}${number(rest)} ${unit}`);
    }
    const found = suspects(this.store.events, this.balance.id);
    for (let place = 0; place < MOST_SUSPECTS; place++) {
      const event = found[place];
      const letters = Math.floor((this.box.width - 24) / 7.4);
      this.line(at++, event ? shortened(`suspect: ${event.subject_id}`, letters) : place === 0 ? "no suspects" : "", "");
    }
    if (found.length) standings.push("doubtful");
    const standing = worst(standings);
    setAttr(this.element, "class", `card state-${standing}`);
    setShape(this.icon, standing);
    setText(this.word, found.length ? "disagree" : standing === "bad" ? "incomplete" : WORDS[standing]);
  }

  private line(at: number, label: string, text: string): void {
    setText(this.labels[at]!, label);
    setText(this.texts[at]!, text);
  }

  /** Measured flows, what is not measured as the balance has worked it out; null where one is missing. */
  private sum(names: readonly string[], standings: Standing[]): number | null {
    let total = 0;
    for (const name of names) {
      const measured = this.balance.sensors[name];
      const sensor = this.store.sensors.get(measured ?? `${this.balance.id}-${name}`);
      if (sensor && measured) standings.push(this.store.standing(sensor));
      if (!sensor || sensor.value === null) return null;
      total += sensor.value;
    }
    return total;
  }

  private unitOf(names: readonly string[]): string {
    const sensor = this.store.sensors.get(this.balance.sensors[names[0] ?? ""] ?? "");
    return sensor?.unit ?? "";
  }
}
