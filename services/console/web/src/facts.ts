// Facts as a list of names and texts.

import { h, setText } from "./dom";

/** Show facts in a list; those without a text are left out. */
export function describe(list: HTMLElement, facts: Record<string, string>): void {
  const wanted = Object.entries(facts).filter(([, text]) => text);
  const terms = wanted.map(([name]) => name).join("|");
  if (list.dataset.terms !== terms) {
    list.dataset.terms = terms;
    list.replaceChildren(...wanted.map(([name]) => h("div", {}, h("dt", {}, name), h("dd"))));
  }
  wanted.forEach(([, text], at) => setText(list.children[at]!.lastElementChild!, text));
}
