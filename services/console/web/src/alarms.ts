// What needs somebody now, worked out from the present state of everything. Sensors of one device that say the same are
// one alarm: a dead meter is one thing that happened.

import { suspects } from "./balance";
import { begun } from "./repeats";
import { standingOf, troublesOf } from "./service";
import type { Sensor, Store } from "./store";
import type { PlantEvent, Standing } from "./types";

export interface Alarm {
  key: string;
  standing: Standing;
  who: string;
  what: string;
  /** What to do about it. */
  next: string;
  link: string;
  /** When it began, in ms since 1970; 0 where nobody saw it. */
  since: number;
}

const BEGINNING_MS = 5000;
const RANK: Standing[] = ["bad", "stale", "doubtful"];
const SIMULATED = 1 << 12;
const ESTIMATED = 1 << 19;
const NEXT: Partial<Record<Standing, string>> = {
  bad: "Do not use the value. Look at its device under Services.",
  stale: "Nothing comes any more: look under Services whether its service runs.",
  doubtful: "Compare with the sensors beside it.",
};
const NEXT_OF_CONTAMINATION = "Keep this condensate from the boiler, and look for the leak.";
const NEXT_OF_BALANCE = "A measurement that it needs is missing or doubtful: see the meters.";
const WORDLESS: Partial<Record<Standing, string>> = {
  bad: "no value to be believed",
  stale: "no reading has come",
  doubtful: "uncertain",
};

export function alarmsOf(store: Store): Alarm[] {
  const groups = groupsOf(store);
  const told = new Set(groups.filter((one) => one.standing === "bad").map((one) => one.device));
  const circuits = [...ofCircuits(store, groups)];
  const balances = new Set(store.hello?.layout.balances.map((one) => one.id));
  const sensed = groups.map((one) => ofGroup(one, balances.has(one.device)));
  const found = [...ofConnection(store), ...circuits, ...sensed, ...ofEvents(store), ...ofServices(store, told)];
  const rank = (one: Alarm): number => RANK.indexOf(one.standing);
  return found.sort((a, b) => rank(a) - rank(b) || b.since - a.since || (a.key < b.key ? -1 : 1));
}

/** A few words about all of them, the worst first. */
export function summary(alarms: readonly Alarm[]): string {
  const counts = RANK.map((one) => [one, alarms.filter((alarm) => alarm.standing === one).length] as const);
  return counts.flatMap(([one, count]) => (count ? [`${count} ${one}`] : [])).join(", ");
}

function* ofConnection(store: Store): Generator<Alarm> {
  if (store.live && store.bus) return;
  const what = store.live ? "The console has no connection to the bus." : "No connection to the console's server.";
  const next = "What is shown is old. It is tried again by itself.";
  yield { key: "connection", standing: "bad", who: "console", what, next, link: "#/services", since: 0 };
}

/** Sensors of a device that say the same. */
interface Group {
  device: string;
  standing: Standing;
  what: string;
  sensors: Sensor[];
  since: number;
}

function groupsOf(store: Store): Group[] {
  const groups = new Map<string, Group>();
  for (const sensor of store.sensors.values()) {
    const standing = store.standing(sensor);
    if (!RANK.includes(standing) || (standing === "doubtful" && isEstimate(sensor))) continue;
    const what = store.findings(sensor, SIMULATED).join(", ") || WORDLESS[standing]!;
    const key = `${sensor.device}/${standing}/${what}`;
    const group = groups.get(key) ?? { device: sensor.device, standing, what, sensors: [], since: 0 };
    group.sensors.push(sensor);
    group.since = Math.max(group.since, store.since(sensor));
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** What a balance has worked out and nothing measures is doubtful for ever: nobody has to come for that. */
function isEstimate({ flags }: Sensor): boolean {
  return (flags & ~SIMULATED) === ESTIMATED;
}

function ofGroup({ device, standing, what, sensors, since }: Group, isBalance: boolean): Alarm {
  const alone = sensors.length === 1 ? sensors[0]!.id : "";
  const link = alone ? `#/sensor/${encodeURIComponent(alone)}` : `#/sensors/${encodeURIComponent(device)}`;
  const who = `${isBalance ? "balance " : ""}${alone || `${device}: ${sensors.length} ${isBalance ? "values" : "sensors"}`}`;
  const next = isBalance ? NEXT_OF_BALANCE : NEXT[standing]!;
  return { key: `s/${device}/${standing}/${what}`, standing, who, what, next, link, since };
}

/** A circuit that is not closed says why the device's sensors have no value: they are taken out of `groups`. */
function* ofCircuits(store: Store, groups: Group[]): Generator<Alarm> {
  for (const { device_id, circuit, last_error } of store.topics.services.list.flatMap((one) => one.devices ?? [])) {
    if (!circuit || circuit.state === "closed") continue;
    let count = 0;
    let since = 0;
    for (let at = groups.length - 1; at >= 0; at--) {
      if (groups[at]!.device !== device_id || groups[at]!.standing !== "bad") continue;
      const [group] = groups.splice(at, 1);
      count += group!.sensors.length;
      since = Math.max(since, group!.since);
    }
    const sensors = count ? `no value of ${count} sensors, ` : "";
    const what = `${sensors}circuit is ${circuit.state.replaceAll("_", " ")}: ${last_error ?? "the device fails"}`;
    const next = "Look at power and line. It is tried again by itself; Reset under Services does it now.";
    yield { key: `c/${device_id}`, standing: "bad", who: device_id, what, next, link: "#/services", since };
  }
}

function ofEvents(store: Store): Alarm[] {
  return [...suspects(store.events), ...contaminations(store)].map((event) => ({
    key: `b/${event.facts.balance ?? event.facts.cause}/${event.subject_id}`,
    standing: "doubtful",
    who: event.subject_id,
    what: event.text,
    next: event.facts.cause ? NEXT_OF_CONTAMINATION : NEXT.doubtful!,
    link: `#/sensors/${encodeURIComponent(event.subject_id)}`,
    since: event.time / 1e6,
  }));
}

/** Not those that were told in an earlier life of the service: it tells anew what goes on, and not what is over. */
function contaminations(store: Store): PlantEvent[] {
  return begun(store.events, "contamination_began", "contamination_ended", "cause").filter(({ service, instance, time }) => {
    const lives = store.topics.services.list.filter((one) => one.service === service && one.uptime_seconds != null);
    if (!lives.length) return true;
    const began = lives.filter((one) => one.instance === instance).map((one) => store.now() - 1000 * one.uptime_seconds!);
    return began.some((at) => time / 1e6 > at - BEGINNING_MS);
  });
}

function* ofServices(store: Store, told: ReadonlySet<string>): Generator<Alarm> {
  for (const service of store.topics.services.list) {
    const standing = standingOf(service);
    const troubles = troublesOf(service, told);
    const isExplained = service.troubles.length > 0 && !troubles.length;
    if (!RANK.includes(standing) || isExplained || (standing === "doubtful" && !troubles.length)) continue;
    const who = service.instance ? `${service.service}/${service.instance}` : service.service;
    const what = `${service.state}: ${troubles.slice(0, 3).join("; ") || "see its devices"}`;
    const next = service.state === "missing" ? "Is its process running?" : "Look at what it says under Services.";
    yield { key: `v/${who}`, standing, who, what, next, link: "#/services", since: 0 };
  }
}
