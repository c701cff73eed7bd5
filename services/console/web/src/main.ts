// The console: logs in, follows the stream, and shows the page that the address names.

import "./style.css";
import { type Alarm, alarmsOf, summary } from "./alarms";
import { h, setAttr, setText } from "./dom";
import { zone } from "./format";
import { loginPage, logIn, tokenInAddress } from "./login";
import { noChanges, Store } from "./store";
import { ask, Stream } from "./stream";
import { themeButton } from "./theme";
import type { MakeView, View } from "./view";
import { agentsView } from "./views/agents";
import { alarmsView } from "./views/alarms";
import { plantView } from "./views/plant";
import { sensorsView } from "./views/sensors";
import { sensorView } from "./views/sensor";
import { servicesView } from "./views/services";

const VIEWS: Record<string, MakeView> = {
  plant: plantView,
  sensors: sensorsView,
  sensor: sensorView,
  services: servicesView,
  agents: agentsView,
  alarms: alarmsView,
};
const PAGES = ["plant", "sensors", "services", "agents", "alarms"];
const TOLD_MS = 5000;

const app = document.getElementById("app")!;
const store = new Store();
const stream = new Stream(store, () => showLogin("The session has ended: log in again."));
const theme = themeButton();
let shell: Shell | null = null;

class Shell {
  private view: View | null = null;
  private readonly links = PAGES.map((name) => h("a", { href: `#/${name}` }, name[0]!.toUpperCase() + name.slice(1)));
  private readonly badge = h("span", { class: "badge" });
  private readonly site = h("span", { class: "site" });
  private readonly time = h("span", { class: "time", title: "Time of the server, in the zone of this browser" });
  private readonly user = h("button", { type: "button", class: "user", title: "Log out", click: () => void leave() });
  private readonly banner = h("p", { class: "banner", role: "alert" });
  private readonly told = h("p", { class: "unseen", role: "status", "aria-live": "polite" });
  private readonly title = h("h1", { tabindex: -1 });
  private readonly main = h("main", { id: "main" });
  private toldAt = -TOLD_MS;
  private toldKeys = new Set<string>();

  constructor() {
    this.links[4]!.append(" ", this.badge);
    app.replaceChildren(
      h(
        "header",
        { class: "top" },
        h("span", { class: "brand" }, "GL-003"),
        this.site,
        h("nav", { "aria-label": "Pages" }, ...this.links),
        h("span", { class: "end" }, this.time, theme, this.user),
      ),
      this.banner,
      this.told,
      this.main,
    );
    store.subscribe((changes) => {
      this.view?.update(changes);
      if (changes.topics.size || changes.turned) this.frame();
    });
    setInterval(() => {
      this.view?.grow?.();
      this.frame();
    }, 1000);
    window.addEventListener("hashchange", () => this.go(true));
    this.go(false);
    this.frame();
  }

  go(moved: boolean): void {
    const [name = "plant", ...rest] = location.hash.replace(/^#\/?/, "").split("/");
    const make = VIEWS[name] ?? plantView;
    this.view?.leave?.();
    this.view = make(store, readable(rest.join("/")));
    this.main.replaceChildren(this.title, this.view.element);
    setText(this.title, this.view.title);
    const page = name === "sensor" ? "sensors" : VIEWS[name] ? name : "plant";
    this.links.forEach((link, at) => {
      if (PAGES[at] === page) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
    this.view.update({ ...noChanges(), cast: true });
    if (moved) {
      this.title.focus();
      window.scrollTo(0, 0);
    }
  }

  /** What stands around every page. */
  private frame(): void {
    const { hello } = store;
    setText(this.site, hello?.site ?? "");
    setText(this.user, hello ? `Log out ${hello.visitor.name}` : "Log out");
    setText(this.time, hello ? `${new Date(store.now()).toLocaleTimeString("en-GB")} ${zone()}` : "");
    const lost = !store.live ? "Connection lost: what is shown is old. Trying again …" : !store.bus ? "The console has no connection to the bus: what is shown is old." : "";
    setText(this.banner, lost);
    this.banner.hidden = !lost;
    document.body.classList.toggle("lost", Boolean(lost));
    const alarms = alarmsOf(store);
    const count = alarms.length ? String(alarms.length) : "";
    setText(this.badge, count);
    setAttr(this.badge, "class", `badge ${alarms.length ? `state-${alarms[0]!.standing}` : ""}`);
    setAttr(this.badge, "aria-label", summary(alarms) || "none");
    document.title = `${count && `(${count}) `}${this.view?.title ?? ""} – ${hello?.site ?? "GL-003"}`;
    this.tell(alarms);
  }

  /** Say to who listens what is new, not more often than one can listen. */
  private tell(alarms: readonly Alarm[]): void {
    if (!store.hello || performance.now() - this.toldAt < TOLD_MS) return;
    const known = this.toldKeys;
    const grave = alarms.filter((one) => one.standing === "bad");
    this.toldKeys = new Set(grave.map((one) => one.key));
    const [fresh] = grave.filter((one) => !known.has(one.key));
    if (fresh) setText(this.told, `Alarm: ${fresh.who}: ${fresh.what}. Now ${summary(alarms)}.`);
    else if (known.size && !grave.length) setText(this.told, "No alarm is left that is bad.");
    else return;
    this.toldAt = performance.now();
  }
}

function readable(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function enter(): void {
  shell ??= new Shell();
  stream.open();
}

async function leave(): Promise<void> {
  await ask("/api/logout", {}).catch(() => undefined);
  location.reload();
}

function showLogin(reason: string): void {
  stream.close();
  shell = null;
  app.replaceChildren(loginPage(reason, () => location.reload()));
}

async function start(): Promise<void> {
  const token = tokenInAddress();
  if (token) await logIn(token).catch(() => undefined);
  try {
    await ask("/api/me");
  } catch (error) {
    if ((error as { status?: number }).status === 401) return showLogin("");
  }
  enter();
}

// The address after the # says which page is shown: skipping to its content is no other page.
document.querySelector(".skip")!.addEventListener("click", (event) => {
  event.preventDefault();
  document.querySelector<HTMLElement>("h1")?.focus();
});

// For those who measure: what frames cost.
Object.defineProperty(window, "consoleFrames", { get: () => store.frames });
void start();
