// How a service stands: one whose only trouble is that its readings are simulated is no worse than these.

import { rank } from "./standings";
import type { Service, Standing } from "./types";

const STANDING: Record<string, Standing> = { healthy: "good", starting: "stale", degraded: "doubtful", silent: "bad" };

export function standingOf(service: Service): Standing {
  const standing = STANDING[service.state] ?? "bad";
  const simulated = service.troubles.length > 0 && service.troubles.every(isOfSimulation);
  return standing === "doubtful" && simulated ? "simulated" : standing;
}

/** What troubles a service beside simulation, open circuits and `told` devices, which are alarms themselves. */
export function troublesOf(service: Service, told: ReadonlySet<string>): string[] {
  const devices = service.devices ?? [];
  const broken = devices.filter(({ circuit, device_id }) => (circuit && circuit.state !== "closed") || told.has(device_id));
  return service.troubles.filter((text) => !isOfSimulation(text) && !broken.some((one) => text.startsWith(`${one.device_id}:`)));
}

function isOfSimulation(trouble: string): boolean {
  return trouble.endsWith("readings are simulated");
}

/** The worst first; those that stand alike as the server has them. */
export function worstFirst(services: readonly Service[]): Service[] {
  const grave = (one: Service): number => Math.max(rank("simulated"), rank(standingOf(one)));
  return [...services].sort((a, b) => grave(b) - grave(a));
}
