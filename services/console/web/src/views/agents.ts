// Agents, their tasks and collaborations, each with what happened when.

import { h, Keyed, setAttr, setText } from "../dom";
import { age, clock, span, spoken } from "../format";
import { setShape, shape } from "../standings";
import type { Changes, Store } from "../store";
import { drawTimeline, type Span, timeline } from "../timeline";
import type { Agent, Collaboration, Standing, Task } from "../types";
import type { View } from "../view";

const WELL: Record<string, Standing> = {
  offline: "bad",
  failed: "bad",
  cancelled: "stale",
  pending: "stale",
  invited: "stale",
  completed: "good",
  published: "good",
};

interface Told {
  key: string;
  title: string;
  state: string;
  facts: string;
  span: Span;
  steps: { time: string; text: string }[];
}

export function agentsView(store: Store): View {
  const agents = new Section<Agent>("Agents", "No agent has registered on this bus.", (one) => one.agent_id, agentRow, fillAgent(store));
  const tasks = told("Tasks", "No task is known; tasks that have ended are for a day.");
  const collaborations = told("Collaborations", "No agents have decided anything together in the last 30 days.");
  const element = h("section", { "aria-label": "Agents" }, agents.element, tasks.element, collaborations.element);
  const show = (): void => {
    agents.show(store.topics.agents);
    const now = store.now();
    tasks.show(ranged(store.topics.tasks, (one) => toldTask(one, now)));
    collaborations.show(ranged(store.topics.collaborations, (one) => toldCollaboration(one, now)));
  };
  show();
  return {
    element,
    title: "Agents",
    update(changes: Changes): void {
      if (["agents", "tasks", "collaborations", "hello"].some((topic) => changes.topics.has(topic))) show();
    },
    grow: show,
  };
}

class Section<T> {
  readonly element: HTMLElement;
  private readonly note: HTMLElement;
  private readonly keyed: Keyed<T, HTMLElement>;

  constructor(
    title: string,
    private readonly nothing: string,
    keyOf: (one: T) => string,
    make: (one: T) => HTMLElement,
    fill: (element: HTMLElement, one: T) => void,
  ) {
    const list = h("ul", { class: "told" });
    this.note = h("p", { class: "note" });
    this.keyed = new Keyed(list, keyOf, make, fill);
    this.element = h("div", { "data-section": title.toLowerCase() }, h("h2", {}, title), this.note, list);
  }

  show({ list, trouble }: { list: T[]; trouble?: string }): void {
    setText(this.note, trouble ?? (list.length ? "" : this.nothing));
    this.note.hidden = !this.note.textContent;
    this.keyed.show(list);
  }
}

function agentRow(one: Agent): HTMLElement {
  return h(
    "li",
    { "data-agent": one.agent_id },
    h("div", { class: "line" }, shape("stale", true), h("strong", {}, one.agent_id), h("span", { class: "state" })),
    h("p", { class: "soft" }),
  );
}

function fillAgent(store: Store) {
  return (element: HTMLElement, one: Agent): void => {
    const standing = WELL[one.status] ?? "good";
    const heard = one.last_heartbeat ? age((store.now() - Date.parse(one.last_heartbeat)) / 1000) : "never";
    const able = one.capabilities.map((each) => spoken(each.capability_name)).join(", ");
    setShape(element.querySelector("svg")!, standing);
    setText(element.querySelector(".state")!, one.status);
    const facts = `${spoken(one.role)} · heard ${heard} · load ${one.current_load} % · score ${one.performance_score}`;
    setText(element.querySelector("p")!, able ? `${facts} · ${able}` : facts);
  };
}

function told(title: string, nothing: string): Section<Told & Range> {
  return new Section<Told & Range>(title, nothing, (one) => one.key, toldRow, fillTold);
}

interface Range {
  from: number;
  to: number;
}

/** One scale for all, so that what happened at the same time stands below each other. */
function ranged<T>(listing: { list: T[]; trouble?: string }, tell: (one: T) => Told) {
  const list = listing.list.map(tell);
  const from = Math.min(...list.map((one) => one.span.begin));
  const to = Math.max(...list.map((one) => one.span.end));
  return { list: list.map((one) => ({ ...one, from, to })), ...(listing.trouble ? { trouble: listing.trouble } : {}) };
}

function toldRow(one: Told & Range): HTMLElement {
  return h(
    "li",
    { "data-key": one.key },
    h("div", { class: "line" }, shape("stale", true), h("strong", {}, one.title), h("span", { class: "state" })),
    h("p", { class: "soft" }),
    timeline(),
    h("details", {}, h("summary", {}, "Steps"), h("ol")),
  );
}

function fillTold(element: HTMLElement, one: Told & Range): void {
  const standing = WELL[one.state] ?? "simulated";
  setShape(element.querySelector("svg.shape")!, standing);
  setText(element.querySelector(".state")!, spoken(one.state));
  setText(element.querySelector("p")!, one.facts);
  setAttr(element, "class", `state-${standing}`);
  drawTimeline(element.querySelector("svg.timeline")!, one.span, one.from, one.to);
  const list = element.querySelector("ol")!;
  if (list.childElementCount !== one.steps.length || list.lastElementChild?.textContent !== lastOf(one)) {
    list.replaceChildren(...one.steps.map((step) => h("li", {}, h("time", {}, step.time), ` ${step.text}`)));
  }
}

function lastOf(one: Told): string {
  const step = one.steps[one.steps.length - 1];
  return step ? `${step.time} ${step.text}` : "";
}

function toldTask(one: Task, now: number): Told {
  const begin = Date.parse(one.created_at);
  const end = one.completed_at ? Date.parse(one.completed_at) : now;
  const progress = one.progress === null ? "" : ` · ${Math.round(100 * one.progress)} %`;
  const who = one.assignee_id ? ` → ${one.assignee_id}` : "";
  return {
    key: one.task_id,
    title: one.task_type,
    state: one.status,
    facts: `${one.task_id} · ${lasted(begin, end)} · ${one.requester_id}${who} · priority ${one.priority}${progress}${one.error ? ` · ${one.error}` : ""}`,
    span: { begin, end, steps: one.steps.map((step) => Date.parse(step.time)), kind: one.status },
    steps: one.steps.map((step) => ({
      time: clock(Date.parse(step.time)),
      text: [step.after, step.agent_id, step.reason].filter(Boolean).join(" · "),
    })),
  };
}

function toldCollaboration(one: Collaboration, now: number): Told {
  const times = one.steps.map((step) => Date.parse(step.stored));
  const begin = times[0] ?? now;
  const end = one.result === null ? now : (times[times.length - 1] ?? now);
  const stands = Object.entries(one.participants).map(([agent, each]) => `${agent} ${each}`);
  const outcome = one.result ? ` · ${spoken(one.result.outcome)}${one.result.best_agent_id ? `, best ${one.result.best_agent_id}` : ""}` : "";
  return {
    key: one.collaboration_id,
    title: one.task_type || one.collaboration_id,
    state: one.phase,
    facts: `${one.collaboration_id} · ${lasted(begin, end)} · asked by ${one.initiator_id} · ${stands.join(", ")}${outcome}`,
    span: { begin, end, steps: times, kind: one.phase },
    steps: one.steps.map((step) => ({
      time: clock(Date.parse(step.stored)),
      text: [step.step, step.message.agent_id, step.refused && `refused: ${step.refused}`].filter(Boolean).join(" · "),
    })),
  };
}

function lasted(begin: number, end: number): string {
  return `${clock(begin)}, ${span((end - begin) / 1000)}`;
}
