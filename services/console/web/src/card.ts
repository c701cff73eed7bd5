// A device on the mimic: its name, how it stands, and its first values, each a link to its page.

import { s, setAttr, setText } from "./dom";
import { brief, reading, shortened } from "./format";
import type { Box } from "./layout";
import { type Device, shortName } from "./places";
import { setShape, shape, WORDS, worst } from "./standings";
import type { Sensor, Store } from "./store";

export const HEAD = 34;
export const LINE = 26;
const LETTER = 7.4;
const NAME_LETTER = 8.6;
const VALUE_LETTER = 8.2;
const VALUE_LETTERS = 18;

interface Line {
  sensor: Sensor;
  link: SVGAElement;
  icon: SVGSVGElement;
  label: SVGTextElement;
  value: SVGTextElement;
}

export function heightOf(device: Device, most: number): number {
  const shown = Math.min(device.sensors.length, most);
  return HEAD + shown * LINE + (device.sensors.length > shown ? LINE : 0) + 8;
}

export class Card {
  readonly element: SVGGElement;
  private readonly frame: SVGRectElement;
  private readonly width: number;
  private readonly icon: SVGSVGElement;
  private readonly word: SVGTextElement;
  private readonly lines: Line[];

  constructor(
    private readonly store: Store,
    readonly device: Device,
    box: Box,
    most: number,
  ) {
    this.width = box.width;
    this.frame = s("rect", { width: box.width, height: box.height, rx: 8, class: "frame" });
    this.icon = shape("stale");
    place(this.icon, 10, 9);
    this.word = s("text", { x: box.width - 10, y: 22, class: "word", "text-anchor": "end" });
    const letters = Math.floor((box.width - 36 - 86) / NAME_LETTER);
    const name = s("text", { x: 34, y: 22, class: "name" }, shortened(device.id, letters));
    const shown = device.sensors.slice(0, most);
    this.lines = shown.map((sensor, at) => this.line(sensor, HEAD + at * LINE, box.width));
    const more = device.sensors.length - shown.length;
    this.element = s(
      "g",
      { class: "card", transform: `translate(${box.x} ${box.y})`, "data-device": device.id },
      s("title", {}, device.id),
      this.frame,
      this.icon,
      name,
      this.word,
      ...this.lines.map((line) => line.link),
      more > 0 &&
        s(
          "a",
          { href: `#/sensors/${encodeURIComponent(device.id)}`, class: "more" },
          s("text", { x: 12, y: HEAD + shown.length * LINE + 17 }, `${more} more`),
        ),
    );
    this.update();
  }

  get sensors(): Sensor[] {
    return this.device.sensors;
  }

  update(): void {
    const standings = this.lines.map((line) => this.updateLine(line));
    const standing = worst([...standings, ...this.device.sensors.slice(standings.length).map((one) => this.store.standing(one))]);
    setAttr(this.element, "class", `card state-${standing}`);
    setShape(this.icon, standing);
    setText(this.word, WORDS[standing]);
  }

  private updateLine(line: Line) {
    const { sensor } = line;
    const standing = this.store.standing(sensor);
    const text = reading(sensor.value, sensor.unit);
    const shown = brief(sensor.value, sensor.unit, VALUE_LETTERS);
    const letters = Math.floor((this.width - 48 - VALUE_LETTER * shown.length) / LETTER);
    setText(line.value, shown);
    setText(line.label, letters > 2 ? shortened(shortName(sensor), letters) : "");
    setShape(line.icon, standing);
    setAttr(line.link, "class", `line state-${standing}`);
    setAttr(line.link, "aria-label", `${shortName(sensor)} ${text}, ${WORDS[standing]} (${sensor.id})`);
    return standing;
  }

  private line(sensor: Sensor, y: number, width: number): Line {
    const icon = shape("stale");
    icon.setAttribute("width", "11");
    icon.setAttribute("height", "11");
    place(icon, 13, y + 8);
    const value = s("text", { x: width - 10, y: y + 18, class: "value", "text-anchor": "end" });
    const label = s("text", { x: 31, y: y + 18, class: "label" });
    const link = s(
      "a",
      { href: `#/sensor/${encodeURIComponent(sensor.id)}`, "data-sensor": sensor.id },
      s("rect", { x: 4, y: y + 1, width: width - 8, height: LINE - 2, rx: 5, class: "hit" }),
      icon,
      label,
      value,
    );
    return { sensor, link, icon, label, value };
  }
}

function place(icon: SVGSVGElement, x: number, y: number): void {
  icon.setAttribute("x", String(x));
  icon.setAttribute("y", String(y));
}
