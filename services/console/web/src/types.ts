// What the server sends.

export type Standing = "good" | "simulated" | "doubtful" | "stale" | "bad";

export interface Description {
  id: string;
  device_class: string;
  source: string;
  quantity: string;
  unit: string;
  raw_unit: string;
  origin: string;
}

export interface PlacedDevice {
  id: string;
  device_class: string;
  place: string;
  user: string;
}

export interface Balance {
  id: string;
  sensors: Record<string, string | null>;
  nodes: { node: string; inflows: string[]; outflows: string[] }[];
}

export interface Hello {
  site: string;
  version: string;
  visitor: { name: string; may_reset: boolean };
  standings: Standing[];
  flags: { bit: number; name: string; words: string }[];
  statuses: { code: number; words: string }[];
  layout: { devices: PlacedDevice[]; balances: Balance[] };
}

export interface PlantEvent {
  service: string;
  instance: string;
  subject_id: string;
  kind: string;
  severity: "info" | "warning" | "error";
  time: number;
  text: string;
  facts: Record<string, string | number | boolean | null>;
  /** How often it was said with the same words, and first when; one that has just come has neither. */
  times?: number;
  first?: number;
}

export interface Device {
  device_id: string;
  address: string;
  state: string;
  last_error: string | null;
  response_time_ms: number | null;
  circuit: { state: string; failure_count: number } | null;
}

export interface Service {
  service: string;
  instance: string;
  state: string;
  version?: string;
  uptime_seconds?: number | null;
  waiting?: number | null;
  troubles: string[];
  can_reset?: boolean;
  devices?: Device[];
}

export interface Agent {
  agent_id: string;
  role: string;
  status: string;
  last_heartbeat: string | null;
  current_load: number;
  performance_score: number;
  capabilities: { capability_name: string }[];
}

export interface Task {
  task_id: string;
  task_type: string;
  requester_id: string;
  assignee_id: string | null;
  status: string;
  priority: number;
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
  error: string | null;
  progress: number | null;
  steps: { after: string; time: string; agent_id: string | null; reason: string }[];
}

export interface Collaboration {
  collaboration_id: string;
  task_type: string;
  initiator_id: string;
  phase: string;
  deadline: string | null;
  participants: Record<string, string>;
  result: { outcome: string; best_agent_id: string | null; reason: string } | null;
  steps: { step: string; stored: string; message: Record<string, unknown>; refused: string | null }[];
}

export interface Listing<T> {
  list: T[];
  trouble?: string;
}

export interface History {
  unit: string;
  raw_unit: string;
  begin: number;
  end: number;
  whole: boolean;
  more: boolean;
  read: number;
  messages: number;
  columns: Record<
    "time" | "least" | "most" | "mean" | "raw" | "quality" | "flags" | "standing",
    (number | null)[]
  >;
  statistics: {
    samples: number;
    values: number;
    least: number | null;
    most: number | null;
    mean: number | null;
    deviation: number | null;
    standings: Record<string, number>;
    flags: Record<string, number>;
  };
}
