// Dark, light, or as the system has it.

import { h, setText } from "./dom";

const KEY = "gl003-theme";
const ORDER = ["auto", "dark", "light"];
const DARK = window.matchMedia("(prefers-color-scheme: dark)");

export function themeButton(): HTMLButtonElement {
  const button = h("button", { type: "button", class: "theme" });
  let at = Math.max(0, ORDER.indexOf(localStorage.getItem(KEY) ?? "auto"));
  const show = (): void => {
    const theme = ORDER[at]!;
    document.documentElement.dataset.theme = theme === "auto" ? (DARK.matches ? "dark" : "light") : theme;
    setText(button, theme === "auto" ? "◐ auto" : theme === "dark" ? "● dark" : "○ light");
    button.setAttribute("aria-label", `Theme: ${theme}`);
    document.dispatchEvent(new Event("themechange"));
  };
  button.addEventListener("click", () => {
    at = (at + 1) % ORDER.length;
    localStorage.setItem(KEY, ORDER[at]!);
    show();
  });
  DARK.addEventListener("change", show);
  show();
  return button;
}
