// The one stream from the server, opened again whenever it ends; and what is asked for beside it.

import type { Store } from "./store";

const SILENT_MS = 7000;
const AGAIN_MS = 1500;

export class Stream {
  private source: EventSource | null = null;
  private again = 0;

  constructor(
    private readonly store: Store,
    private readonly onStranger: () => void,
  ) {
    setInterval(() => {
      if (this.store.silentFor() > SILENT_MS) this.store.lost();
    }, 1000);
  }

  open(): void {
    this.close();
    const source = new EventSource("/api/live");
    this.source = source;
    const on = (kind: string, take: (data: any) => void): void => {
      source.addEventListener(kind, (event) => take(JSON.parse((event as MessageEvent<string>).data)));
    };
    on("hello", (data) => this.store.welcome(data));
    on("sensors", (data) => this.store.describe(data));
    on("values", (data) => this.store.take(data));
    on("events", (data) => this.store.takeEvents(data));
    on("tick", (data) => this.store.tick(data.now, data.bus));
    for (const topic of ["services", "agents", "tasks", "collaborations"] as const) {
      on(topic, (data) => this.store.takeTopic(topic, data));
    }
    source.addEventListener("error", () => {
      this.store.lost();
      // what the server refuses the browser does not try again by itself; nor do we know from it why
      if (source.readyState === EventSource.CLOSED) this.again = window.setTimeout(() => this.retry(), AGAIN_MS);
    });
  }

  close(): void {
    window.clearTimeout(this.again);
    this.source?.close();
    this.source = null;
  }

  private async retry(): Promise<void> {
    try {
      const answer = await fetch("/api/me");
      if (answer.status === 401) {
        this.close();
        this.onStranger();
        return;
      }
    } catch {
      // the server is away: the next try tells
    }
    this.open();
  }
}

export class AskError extends Error {
  constructor(
    readonly status: number,
    text: string,
  ) {
    super(text);
  }
}

export async function ask<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const answer = await fetch(path, {
    method: body === undefined ? "GET" : "POST",
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new AskError(answer.status, found.error ?? `the server answers ${answer.status}`);
  return found as T;
}
