// Which device stands where in the mimic: as the plant's file says, else by its class.

import type { Sensor, Store } from "./store";

export interface Device {
  id: string;
  place: string;
  user: string;
  sensors: Sensor[];
}

const BY_CLASS: Record<string, string> = {
  steam_meter: "users",
  pressure_sensor: "header",
  temperature_sensor: "header",
  condensate_meter: "condensate",
  scada: "control",
  balance: "balance",
};

const FIRST = ["flow_rate", "pressure", "temperature", "return_percentage", "differential_pressure"];

export function devicesOf(store: Store): Device[] {
  const placed = new Map((store.hello?.layout.devices ?? []).map((one) => [one.id, one]));
  const found = new Map<string, Device>();
  for (const sensor of store.sensors.values()) {
    let device = found.get(sensor.device);
    if (!device) {
      const known = placed.get(sensor.device);
      const place = known?.place || BY_CLASS[sensor.device_class] || "control";
      device = { id: sensor.device, place, user: known?.user ?? "", sensors: [] };
      found.set(sensor.device, device);
    }
    device.sensors.push(sensor);
  }
  for (const device of found.values()) device.sensors.sort((a, b) => order(a) - order(b) || compare(a.id, b.id));
  return [...found.values()].sort((a, b) => compare(a.id, b.id));
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What a sensor is called on the card of its device. */
export function shortName(sensor: Sensor): string {
  const rest = sensor.id.startsWith(`${sensor.device}-`) ? sensor.id.slice(sensor.device.length + 1) : "";
  return (rest || sensor.quantity || sensor.id).replaceAll("_", " ").toLowerCase();
}

function order(sensor: Sensor): number {
  const at = FIRST.indexOf(sensor.quantity);
  return at < 0 ? FIRST.length : at;
}
