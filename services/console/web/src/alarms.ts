// What needs somebody now, worked out from the present state of everything.

import { suspects } from "./balance";
import type { Store } from "./store";
import type { Standing } from "./types";

export interface Alarm {
  key: string;
  standing: Standing;
  who: string;
  what: string;
  link: string;
}

const WRONG: Record<string, Standing> = { unhealthy: "bad", missing: "bad", silent: "bad", degraded: "doubtful" };
const RANK: Standing[] = ["bad", "stale", "doubtful"];

export function alarmsOf(store: Store): Alarm[] {
  const found: Alarm[] = [];
  if (!store.live || !store.bus) {
    const what = store.live ? "The console has no connection to the bus." : "No connection to the console's server.";
    found.push({ key: "connection", standing: "bad", who: "console", what, link: "#/services" });
  }
  for (const sensor of store.sensors.values()) {
    const standing = store.standing(sensor);
    if (standing !== "bad" && standing !== "stale") continue;
    const words = store.words(sensor.flags & ~4096).join(", ");
    const what = standing === "stale" ? words || "no reading has come" : words || "no value to be believed";
    found.push({ key: `s/${sensor.id}`, standing, who: sensor.id, what, link: `#/sensor/${encodeURIComponent(sensor.id)}` });
  }
  for (const event of suspects(store.events)) {
    const link = `#/sensor/${encodeURIComponent(event.subject_id)}`;
    found.push({ key: `b/${event.facts.balance}/${event.subject_id}`, standing: "doubtful", who: event.subject_id, what: event.text, link });
  }
  for (const service of store.topics.services.list) {
    const who = `${service.service}/${service.instance}`;
    const standing = WRONG[service.state];
    const troubles = service.troubles.filter((text) => !text.endsWith("readings are simulated"));
    if (standing && (standing === "bad" || troubles.length)) {
      const what = `${service.state}: ${troubles.slice(0, 3).join("; ") || "see its devices"}`;
      found.push({ key: `v/${who}`, standing, who, what, link: "#/services" });
    }
    for (const device of service.devices ?? []) {
      if (device.circuit && device.circuit.state !== "closed") {
        const what = `circuit is ${device.circuit.state.replaceAll("_", " ")}: ${device.last_error ?? "the device fails"}`;
        found.push({ key: `c/${device.device_id}`, standing: "bad", who: device.device_id, what, link: "#/services" });
      }
    }
  }
  return found.sort((a, b) => RANK.indexOf(a.standing) - RANK.indexOf(b.standing) || (a.key < b.key ? -1 : 1));
}
