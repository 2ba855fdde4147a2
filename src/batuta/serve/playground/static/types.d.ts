/** What the server sends, as docs/doors/http.md and docs/doors/playground.md have it. */

export type Decider = "code" | "workflow" | "model" | "agent" | "manager" | "aws" | "user";

export interface Usage { input_tokens: number; output_tokens: number }
export interface Cost { usd: number | null; known_usd: number; reason: string }

export interface RunEvent {
  seq: number;
  kind: string;
  phase: "start" | "end" | "point";
  span: string;
  parent: string;
  name: string;
  by: Decider;
  at_s: number;
  data?: Record<string, any>;
  usage?: Usage;
  cost?: Cost;
  error?: string;
}

export interface Effect { tool: string; status: "done" | "unknown"; text: string; result?: unknown }

export interface Reply {
  reply: string;
  session_id: string;
  run_id: string;
  style: string;
  usage: { total_tokens: number; input_tokens: number; output_tokens: number; model_calls: number; tool_calls: number };
  cost: Cost;
  stand_in: boolean;
  note: string | null;
  stop_reason: string;
  effects: Effect[];
  warnings: string[];
}

export interface Problem {
  title: string;
  detail: string;
  code: string;
  status: number;
  retry_after_s?: number;
  run_id?: string;
  session_id?: string;
  effects?: Effect[];
  answers?: { agent: string; text: string }[];
}

export interface Choice {
  key: string;
  name: string;
  decides: string;
  runs: string;
  when: string;
  kind: "style" | "composition";
  available: boolean;
  missing: string | null;
  default: boolean;
  frameworks: boolean;
  models: boolean;
  copies: boolean;
  elsewhere: string | null;
}

export interface Named { name: string; available: boolean; missing: string | null; default: boolean; stand_in?: boolean }

export interface Budget {
  cost_usd: number | null;
  seconds: number | null;
  model_calls: number | null;
  tool_calls: number | null;
  tokens: number | null;
}

export interface Setup {
  app: { name: string; title: string; suggestions: string[] };
  person: { id: string; name: string };
  now: string;
  time_zone: string;
  lab: boolean;
  styles: Choice[];
  frameworks: Named[];
  models: Named[];
  budget: Budget;
  limits: { message_chars: number; body_bytes: number; panes: number };
  store: boolean;
  copies: { available: boolean; missing: string | null; default: boolean };
  reports: boolean;
  faults: { name: string; about: string }[];
  services: { name: string; style: string; up: boolean }[];
}

export interface Table { name: string; columns: string[]; rows: (string | number | null)[][] }

export interface Question { run_id: string; person: string; question: string; data: Record<string, unknown>; yours: boolean }

/** One of those that a diagram has a lane for. */
export interface Party { kind: "user" | "agent" | "model" | "tool"; name: string }

/** One line of a diagram. */
export interface Row {
  shape: "call" | "reply" | "note" | "cut";
  source: Party;
  target: Party;
  text: string;
  event: RunEvent;
  call: number;
  around: number | null;
  depth: number;
}
