// Where everything of the mimic goes: pure numbers, for any width.

export interface Item {
  height: number;
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Rows {
  boxes: Box[];
  bottom: number;
}

export const GAP = 18;

/** Places items in rows of equal columns from `top` on. */
export function inRows(items: readonly Item[], width: number, top: number, least: number): Rows {
  const columns = Math.max(1, Math.floor((width + GAP) / (least + GAP)));
  const used = Math.max(1, Math.min(columns, Math.max(items.length, Math.min(columns, 4))));
  const each = (width - GAP * (used - 1)) / used;
  const boxes: Box[] = [];
  let y = top;
  for (let first = 0; first < items.length; first += used) {
    const row = items.slice(first, first + used);
    row.forEach((item, at) => boxes.push({ x: at * (each + GAP), y, width: each, height: item.height }));
    y += Math.max(...row.map((item) => item.height)) + GAP;
  }
  return { boxes, bottom: items.length ? y - GAP : top };
}
