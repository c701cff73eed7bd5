// All sensors: only the rows that can be seen exist, however many sensors there are.

import { h, setAttr, setText } from "../dom";
import { age, bare, shortened } from "../format";
import { compare } from "../places";
import { rank, setShape, shape, WORDS } from "../standings";
import type { Changes, Sensor, Store } from "../store";
import type { Standing } from "../types";
import type { View } from "../view";

/** As in the style sheet: on a phone a row has two lines. */
const NARROW = window.matchMedia("(max-width: 720px)");
const ROW = 40;
const TALL_ROW = 62;
const LETTER = 9.4;
const SPARE = 6;

interface Row {
  element: HTMLElement;
  icon: SVGSVGElement;
  link: HTMLAnchorElement;
  cells: HTMLElement[];
  sensor: Sensor | null;
}

export function sensorsView(store: Store, argument: string): View {
  const filter = h("input", { type: "search", placeholder: "Filter by name", "aria-label": "Filter by name", value: argument });
  const wanted = h("select", { "aria-label": "Filter by standing" }, option("", "every standing"));
  for (const one of Object.keys(WORDS) as Standing[]) wanted.append(option(one, WORDS[one]));
  const count = h("span", { class: "count" });
  const fill = h("div", { class: "fill" });
  const list = h("div", { class: "list", role: "table", tabindex: 0, "aria-label": "Sensors" }, fill);
  const head = h(
    "div",
    { class: "row head", "aria-hidden": "true" },
    ...["", "sensor", "value", "unit", "quality", "age", "findings"].map((name) => h("span", {}, name)),
  );
  const element = h("section", { class: "sensors", "aria-label": "Sensors" }, h("div", { class: "tools" }, filter, wanted, count), head, list);
  const rows: Row[] = [];
  let shown: Sensor[] = [];
  let letters = 0;

  const choose = (): void => {
    const text = filter.value.trim().toLowerCase();
    const standing = wanted.value;
    shown = [...store.sensors.values()]
      .filter((one) => one.id.toLowerCase().includes(text) && (!standing || store.standing(one) === standing))
      .sort((a, b) => compare(a.id, b.id));
    if (standing === "") return;
    shown.sort((a, b) => rank(store.standing(b)) - rank(store.standing(a)) || compare(a.id, b.id));
  };

  const draw = (): void => {
    const height = NARROW.matches ? TALL_ROW : ROW;
    letters = lettersIn(list.clientWidth);
    setText(count, `${shown.length} of ${store.sensors.size} sensors`);
    setAttr(list, "aria-rowcount", String(shown.length));
    fill.style.height = `${shown.length * height}px`;
    const first = Math.max(0, Math.floor(list.scrollTop / height) - SPARE);
    const needed = Math.min(shown.length - first, Math.ceil(list.clientHeight / height) + 2 * SPARE);
    while (rows.length < needed) {
      const row = newRow();
      rows.push(row);
      fill.append(row.element);
    }
    rows.forEach((row, at) => {
      const sensor = at < needed ? shown[first + at] : undefined;
      row.element.hidden = !sensor;
      row.sensor = sensor ?? null;
      if (!sensor) return;
      row.element.style.transform = `translateY(${(first + at) * height}px)`;
      setAttr(row.element, "aria-rowindex", String(first + at + 1));
      fillRow(store, row, sensor, letters);
    });
  };
  const again = (): void => {
    choose();
    draw();
  };
  filter.addEventListener("input", again);
  wanted.addEventListener("change", again);
  list.addEventListener("scroll", draw, { passive: true });
  const observer = new ResizeObserver(draw);
  observer.observe(list);
  choose();

  return {
    element,
    title: "Sensors",
    update(changes: Changes): void {
      if (changes.cast) return again();
      for (const row of rows) if (row.sensor && changes.sensors.has(row.sensor)) fillRow(store, row, row.sensor, letters);
    },
    grow(): void {
      if (wanted.value) choose();
      draw();
    },
    leave: () => observer.disconnect(),
  };
}

/** Of a name, which has a line of its own on a phone and two parts of five beside the other columns. */
function lettersIn(width: number): number {
  return Math.floor((NARROW.matches ? width - 60 : Math.max(150, (width - 460) / 2)) / LETTER);
}

function newRow(): Row {
  const icon = shape("stale", true);
  const link = h("a");
  const cells = ["value", "unit", "quality", "age", "findings"].map((name) => h("span", { class: name, role: "cell" }));
  const element = h(
    "div",
    { class: "row", role: "row" },
    h("span", { class: "mark", role: "cell" }, icon),
    h("span", { class: "name", role: "cell" }, link),
    ...cells,
  );
  return { element, icon, link, cells, sensor: null };
}

function fillRow(store: Store, row: Row, sensor: Sensor, letters: number): void {
  const standing = store.standing(sensor);
  setShape(row.icon, standing);
  setText(row.link, shortened(sensor.id, letters));
  setAttr(row.link, "title", sensor.id);
  setAttr(row.link, "aria-label", sensor.id);
  setAttr(row.link, "href", `#/sensor/${encodeURIComponent(sensor.id)}`);
  setAttr(row.element, "class", `row state-${standing}`);
  setAttr(row.element, "data-sensor", sensor.id);
  const texts = [
    bare(sensor.value, sensor.unit),
    sensor.unit,
    String(Math.round(sensor.quality)),
    age((store.now() - sensor.time) / 1000),
    store.words(sensor.flags).join(", "),
  ];
  row.cells.forEach((cell, at) => setText(cell, texts[at]!));
}

function option(value: string, text: string): HTMLOptionElement {
  return h("option", { value }, text);
}
