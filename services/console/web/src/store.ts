// Everything the page knows. Changes are gathered and shown once for each frame that the browser draws.

import { withRepeats } from "./repeats";
import type {
  Agent,
  Collaboration,
  Description,
  Hello,
  Listing,
  PlantEvent,
  Service,
  Standing,
  Task,
} from "./types";

const MOST_EVENTS = 500;
const OLD_MS = 30_000;
/** Of one whose rhythm is known nothing may come for so long, or five of its pauses. */
const SILENT_MS = 10_000;
const BALANCE_SILENT_MS = 60_000;
/** The part of a StatusCode that says more than good, uncertain, bad. */
const SPECIAL = 0x0fff0000;
/** Flags that say no more than a StatusCode does. */
const DEVICE_SAYS = 0b1100;

export interface Sensor extends Description {
  device: string;
  time: number;
  value: number | null;
  raw: number | null;
  quality: number;
  flags: number;
  status: number;
  told: Standing;
  /** Since when it has been told so, in ms since 1970; 0 where that was before the server looked. */
  toldSince: number;
  uncertainty: number | null;
  /** Longest pause between two values lately. */
  pause: number;
  /** When the last one came that was newer than those before, by the server's clock: the device's may be wrong. */
  heard: number;
}

export interface Changes {
  sensors: Set<Sensor>;
  topics: Set<string>;
  /** Sensors came, went or were described anew. */
  cast: boolean;
  /** Some sensor stands otherwise than before. */
  turned: boolean;
}

interface Topics {
  services: Listing<Service>;
  agents: Listing<Agent>;
  tasks: Listing<Task>;
  collaborations: Listing<Collaboration>;
}

type Row = [number, number, number | null, number | null, number, number, number, number, number | null, number];

export class Store {
  hello: Hello | null = null;
  readonly sensors = new Map<string, Sensor>();
  readonly topics: Topics = {
    services: { list: [] },
    agents: { list: [] },
    tasks: { list: [] },
    collaborations: { list: [] },
  };
  events: PlantEvent[] = [];
  bus = true;
  live = false;
  /** What every frame cost, for those who measure. */
  readonly frames: number[] = [];

  private numbers = new Map<number, Sensor>();
  private devices = new Set<string>();
  private readonly wording = new Map<number, string[]>();
  private changes: Changes = noChanges();
  private drawing = false;
  private offset = 0;
  private heard = 0;
  private readonly listeners = new Set<(changes: Changes) => void>();

  now(): number {
    return Date.now() + this.offset;
  }

  subscribe(listener: (changes: Changes) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** How a sensor stands: what the server says, or stale when nothing has come for long. */
  standing(sensor: Sensor): Standing {
    if (sensor.told === "bad") return "bad";
    const now = this.now();
    const pauses = 5 * sensor.pause;
    const isBalance = sensor.device_class === "balance";
    const isOld = now - sensor.time > Math.max(isBalance ? BALANCE_SILENT_MS : OLD_MS, pauses);
    const isSilent = !isBalance && pauses > 0 && now - sensor.heard > Math.max(SILENT_MS, pauses);
    return isOld || isSilent ? "stale" : sensor.told;
  }

  /** Since when a sensor has stood as it does; 0 where nobody saw it begin. */
  since(sensor: Sensor): number {
    return this.standing(sensor) === sensor.told ? sensor.toldSince : sensor.time;
  }

  welcome(hello: Hello): void {
    this.hello = hello;
    this.devices = new Set(hello.layout.devices.map((one) => one.id));
    this.wording.clear();
    this.sensors.clear();
    this.numbers.clear();
    this.events = [];
    this.live = true;
    this.changes.cast = true;
    this.touch("hello");
  }

  tick(now: number, bus: boolean): void {
    const offset = now - Date.now();
    // delays only ever make the server's clock look late: the largest difference is the truest
    this.offset = this.heard === 0 || Math.abs(offset - this.offset) > 5000 ? offset : Math.max(this.offset, offset);
    this.heard = performance.now();
    if (bus !== this.bus || !this.live) {
      this.bus = bus;
      this.live = true;
      this.touch("connection");
    }
  }

  lost(): void {
    if (this.live) {
      this.live = false;
      this.touch("connection");
    }
  }

  silentFor(): number {
    return this.heard === 0 ? 0 : performance.now() - this.heard;
  }

  describe(rows: [number, Description | null][]): void {
    for (const [at, description] of rows) {
      const known = this.numbers.get(at);
      if (description === null) {
        if (known) this.sensors.delete(known.id);
        this.numbers.delete(at);
      } else if (known) {
        Object.assign(known, description);
      } else {
        const sensor: Sensor = {
          ...description,
          device: this.deviceOf(description),
          time: 0,
          value: null,
          raw: null,
          quality: 0,
          flags: 0,
          status: 0,
          told: "stale",
          toldSince: 0,
          uncertainty: null,
          pause: 0,
          heard: 0,
        };
        this.numbers.set(at, sensor);
        this.sensors.set(sensor.id, sensor);
      }
    }
    this.changes.cast = true;
    this.draw();
  }

  take(rows: Row[]): void {
    const standings = this.hello?.standings ?? [];
    for (const [at, time, value, raw, quality, flags, status, standing, uncertainty, since] of rows) {
      const sensor = this.numbers.get(at);
      if (!sensor) continue;
      if (sensor.time && time > sensor.time) sensor.pause = Math.max(0.9 * sensor.pause, time - sensor.time);
      if (time > sensor.time) sensor.heard = this.now();
      Object.assign(sensor, { time, value, raw, quality, flags, status, uncertainty });
      const told = standings[standing] ?? "bad";
      if (told !== sensor.told) this.changes.turned = true;
      sensor.told = told;
      sensor.toldSince = since;
      this.changes.sensors.add(sensor);
    }
    this.draw();
  }

  takeEvents(events: PlantEvent[]): void {
    this.events = withRepeats([...[...events].reverse(), ...this.events]).slice(0, MOST_EVENTS);
    this.touch("events");
  }

  takeTopic<K extends keyof Topics>(topic: K, listing: Topics[K]): void {
    this.topics[topic] = listing;
    this.touch(topic);
  }

  touch(topic: string): void {
    this.changes.topics.add(topic);
    this.draw();
  }

  words(flags: number): string[] {
    let found = this.wording.get(flags);
    if (!found) {
      found = (this.hello?.flags ?? []).filter((one) => flags & one.bit).map((one) => one.words);
      this.wording.set(flags, found);
    }
    return found;
  }

  /** What was found of a sensor's last reading, but for some flags; what its device said of it where that is more. */
  findings(sensor: Sensor, but = 0): string[] {
    const name = sensor.status >>> 30 && sensor.status & SPECIAL ? this.statusName(sensor.status) : "";
    const words = this.words(sensor.flags & ~(name ? but | DEVICE_SAYS : but));
    return name ? [...words, name] : words;
  }

  statusName(status: number): string {
    return this.hello?.statuses.find((one) => one.code === status)?.words ?? "";
  }

  private draw(): void {
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      const changes = this.changes;
      this.changes = noChanges();
      const began = performance.now();
      for (const listener of this.listeners) listener(changes);
      this.frames.push(performance.now() - began);
      if (this.frames.length > 600) this.frames.shift();
    });
  }

  /** The longest id of a device that the sensor's begins with; without one, what its name begins with. */
  private deviceOf(one: Description): string {
    for (let end = one.id.length; end > 0; end = one.id.lastIndexOf("-", end - 1)) {
      if (this.devices.has(one.id.slice(0, end))) return one.id.slice(0, end);
    }
    return one.id.startsWith(`${one.source}-`) ? one.source : one.id.split("-")[0] || one.id;
  }
}

export function noChanges(): Changes {
  return { sensors: new Set(), topics: new Set(), cast: false, turned: false };
}
