// @ts-check
/** A run's events as calls, replies and notes between parties: what the diagram and the list show. */

import { oneLine } from "./words.js";

/** @typedef {import("./types.d.ts").RunEvent} RunEvent */
/** @typedef {import("./types.d.ts").Party} Party */
/** @typedef {import("./types.d.ts").Row} Row */

/** @type {Party} */
export const USER = { kind: "user", name: "you" };
const UNSHOWN = new Set(["text", "reasoning", "run"]);

/** Turns events into rows, one by one, as they come. */
export class Walk {
  constructor() {
    /** @type {Row[]} */
    this.rows = [];
    /** @type {Map<string, number>} */
    this.latest = new Map();
    /** One span may begin again after its end: a retried agent counts from 1 anew. @type {Map<string, number[]>} */
    this.open = new Map();
  }

  /** Take an event; pieces of streamed text make no row. @param {RunEvent} event */
  take(event) {
    if (UNSHOWN.has(event.kind)) return;
    if (event.phase === "start") this.#start(event);
    else if (event.phase === "end") this.#end(event);
    else this.#point(event);
  }

  /** End what never had a reply. */
  cut() {
    const unfinished = [...this.open.values()].flat().sort((one, other) => other - one);
    for (const number of unfinished) {
      const call = this.rows[number];
      this.#add({ ...call, shape: "cut", source: call.target, target: call.source, text: "not finished" });
    }
    this.open.clear();
  }

  /** @param {RunEvent} event */
  #start(event) {
    const [around, source] = this.#place(event.parent);
    const target = event.kind === "step" ? source : party(event);
    const number = this.rows.length;
    this.#add({ shape: "call", source, target, text: asked(event), event, call: number, around, depth: this.#depth(around) });
    this.latest.set(event.span, number);
    const open = this.open.get(event.span);
    if (open) open.push(number);
    else this.open.set(event.span, [number]);
  }

  /** @param {RunEvent} event */
  #end(event) {
    if (!this.open.get(event.span)?.length) {
      this.#start({ ...event, data: undefined, usage: undefined, cost: undefined, error: undefined });
    }
    const number = /** @type {number} */ (this.open.get(event.span)?.pop());
    if (!this.open.get(event.span)?.length) this.open.delete(event.span);
    const call = this.rows[number];
    const text = event.error === undefined ? answered(event) : oneLine(event.error);
    this.#add({ ...call, shape: "reply", source: call.target, target: call.source, text, event });
  }

  /** A retry's own path leads to what is retried, its parent only to the agent around that. @param {RunEvent} event */
  #point(event) {
    const [around, who] = this.#place(outer(event.span));
    const call = this.rows.length;
    this.#add({ shape: "note", source: who, target: who, text: noted(event), event, call, around, depth: this.#depth(around) });
  }

  /** @param {Row} row */
  #add(row) {
    this.rows.push(row);
  }

  /** @param {number | null} around */
  #depth(around) {
    return around === null ? 0 : this.rows[around].depth + 1;
  }

  /** Find the call of that path, or where it is not known, the next one out. @param {string} path @returns {[number | null, Party]} */
  #place(path) {
    for (let at = path; at; at = outer(at)) {
      const around = this.latest.get(at);
      if (around !== undefined) return [around, this.rows[around].target];
    }
    return [null, USER];
  }
}

/** @param {string} path */
function outer(path) {
  const at = path.lastIndexOf(".");
  return at < 0 ? "" : path.slice(0, at);
}

/** @param {RunEvent} event @returns {Party} */
function party(event) {
  const kind = event.kind === "model" || event.kind === "tool" ? event.kind : "agent";
  return { kind, name: oneLine(event.name) || "(no name)" };
}

/** @param {RunEvent} event */
function asked(event) {
  const data = event.data ?? {};
  if (event.kind !== "tool") return oneLine(data.text ?? "");
  return oneLine(Object.entries(data.arguments ?? {}).map(([name, value]) => `${name}=${oneLine(shown(value), 32)}`).join(", "));
}

/** @param {RunEvent} event */
function answered(event) {
  const data = event.data ?? {};
  if (event.kind === "tool") return oneLine(data.done ?? brief(data.result));
  const said = [oneLine(brief(structured(data.text ?? "")))];
  if (data.tools?.length) said.push(`asks for ${oneLine(data.tools.join(", "))}`);
  return said.filter(Boolean).join(" ");
}

/** @param {RunEvent} event */
function noted(event) {
  const data = event.data ?? {};
  if (event.kind === "measure") return `${event.name} ${data.value ?? ""}`;
  const name = event.kind === "retry" ? `${event.name}, attempt ${data.attempt ?? "?"}` : event.name;
  const why = event.kind === "retry" ? event.error : data.why || data.reason || event.error;
  return oneLine(why ? `${name} (${oneLine(why)})` : name, 2 * 72);
}

/** Read text that is JSON as what it says. @param {string} text @returns {unknown} */
function structured(text) {
  if (!text.startsWith("{")) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Say in short what a value holds: its parts that are set, and of long ones how many. @param {unknown} value @returns {string} */
function brief(value) {
  if (value === null || typeof value !== "object") return shown(value);
  if (Array.isArray(value)) return value.length === 1 ? brief(value[0]) : `${value.length} of them`;
  const parts = Object.entries(value).filter(([, each]) => each !== null && each !== "");
  return parts.map(([name, each]) => `${name}${typeof each === "object" ? `: ${inside(each)}` : `=${shown(each)}`}`).join(", ") || "nothing";
}

/** @param {object} value */
function inside(value) {
  return Array.isArray(value) ? (value.length ? `${value.length}` : "none") : "{…}";
}

/** @param {unknown} value */
function shown(value) {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "";
}

/** Say what a row says: who called what, or what came of it. @param {Row} row */
export function label(row) {
  const { event } = row;
  if (row.shape === "call" && event.kind === "tool") return `${oneLine(event.name)}(${row.text})`;
  if (row.shape === "call" && event.kind === "step") return `step ${oneLine(event.name)}`;
  if (row.shape === "call" && event.kind === "model") return row.text || "asks the model";
  if (row.shape === "call") return row.text || `hands over to ${oneLine(event.name)}`;
  if (row.shape === "note" && event.kind !== "decision") return `${event.kind}: ${row.text}`;
  return row.text;
}

/** Tell whether a row ended badly. @param {Row} row */
export function failed(row) {
  return row.shape === "cut" || (row.shape === "reply" && row.event.error !== undefined);
}
