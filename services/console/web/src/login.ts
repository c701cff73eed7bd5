// The way in: a token, typed or behind the # of the address, which the browser sends to nobody.

import { h, setText } from "./dom";
import { ask } from "./stream";

/** Take a token out of the address, and out of what the browser remembers of it. */
export function tokenInAddress(): string | null {
  const match = /^#token=(.+)$/.exec(location.hash);
  if (!match) return null;
  history.replaceState(null, "", `${location.pathname}#/plant`);
  return decodeURIComponent(match[1]!);
}

export async function logIn(token: string): Promise<void> {
  await ask("/api/login", { token });
}

export function loginPage(reason: string, onEntered: () => void): HTMLElement {
  const input = h("input", { type: "password", id: "token", autocomplete: "current-password", required: true });
  const note = h("p", { class: "note", role: "alert" }, reason);
  const form = h(
    "form",
    { class: "login" },
    h("h1", { tabindex: -1 }, "GL-003 console"),
    h("label", { for: "token" }, "Token"),
    input,
    h("button", { type: "submit" }, "Log in"),
    note,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    logIn(input.value)
      .then(onEntered)
      .catch((error: Error) => setText(note, error.message));
  });
  queueMicrotask(() => input.focus());
  return h("main", { id: "main" }, form);
}
