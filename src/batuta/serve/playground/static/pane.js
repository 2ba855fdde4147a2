// @ts-check
/** One pane: what answers in it, and its conversation so far. */

import { Refused, askJson } from "./api.js";
import { Turn } from "./turn.js";
import { signal } from "./vendor.js";

/** @typedef {import("./types.d.ts").Setup} Setup */
/** @typedef {{style: string, framework: string, model: string}} Chosen */
/** @typedef {{chosen: Chosen, data?: string, sessionId: string, turns: {question: string, runId: string, requestKey: string, body: Record<string, unknown>}[]}} Kept */
/** @typedef {"diagram" | "steps" | "session"} Tab */

const KEPT = "batuta.panes";
const KEPT_APART = "batuta.stores";
const MOST_KEPT = 20;
let count = 0;

/** Whether each pane has the App's data for itself. */
export const apart = signal(false);
/** Styles whose agents can work on such data. @type {Set<string>} */
const copied = new Set();

export class Pane {
  /** @param {Chosen} chosen */
  constructor(chosen) {
    this.id = `pane-${++count}`;
    this.chosen = signal(chosen);
    /** Name of the data that this pane has for itself. */
    this.data = signal(/** @type {string} */ (crypto.randomUUID()));
    this.sessionId = signal("");
    this.turns = signal(/** @type {Turn[]} */ ([]));
    /** Whose run the diagram shows. */
    this.shown = signal(/** @type {Turn | null} */ (null));
    this.tab = signal(/** @type {Tab} */ ("diagram"));
    /** @type {Map<Turn, Record<string, unknown>>} */
    this.bodies = new Map();
  }

  /** Whether a message is being answered. */
  get busy() {
    const last = this.turns.value.at(-1);
    return last !== undefined && (last.state.value === "running" || last.state.value === "lost");
  }

  /** Choose what answers from now on; the conversation stays. @param {Partial<Chosen>} change */
  choose(change) {
    this.chosen.value = { ...this.chosen.peek(), ...change };
    save();
  }

  /** Ask what is chosen here. @param {string} question @param {Record<string, unknown>} more */
  async say(question, more) {
    const turn = new Turn({ question });
    this.turns.value = [...this.turns.peek(), turn];
    await this.#answer(turn, more);
  }

  /** Say a message anew, in a conversation of what came before it. @param {Turn} turn @param {string} question @param {Record<string, unknown>} more */
  async sayAnew(turn, question, more) {
    const turns = this.turns.peek();
    const at = turns.indexOf(turn);
    const anew = new Turn({ question });
    anew.before = turn;
    try {
      this.sessionId.value = await branch(turn.sessionId || this.sessionId.peek(), at, turns);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      anew.refuse(error.problem);
    }
    this.turns.value = [...turns.slice(0, at), anew];
    if (!anew.problem.peek()) await this.#answer(anew, more);
  }

  /** @param {Turn} turn @param {Record<string, unknown>} more */
  async #answer(turn, more) {
    this.shown.value = turn;
    const { style, framework, model } = this.chosen.peek();
    /** @type {Record<string, unknown>} */
    const body = { message: turn.question, style, ...more };
    if (framework) body.framework = framework;
    if (model) body.model = model;
    if (dataOf(this)) body.data = dataOf(this);
    if (this.sessionId.peek()) body.session_id = this.sessionId.peek();
    this.bodies.set(turn, body);
    save();
    this.#follow(turn);
    await turn.send(body);
  }

  /** Go on in the conversation of a turn once it is known, which may be after its stream has ended. @param {Turn} turn */
  #follow(turn) {
    turn.runId.subscribe((id) => {
      if (!id || !this.turns.peek().includes(turn)) return;
      if (turn.sessionId) this.sessionId.value = turn.sessionId;
      save();
    });
  }

  /** Begin a new conversation. */
  clear() {
    this.turns.value = [];
    this.shown.value = null;
    this.sessionId.value = "";
    save();
  }

  /** @param {Kept} kept */
  restore(kept) {
    if (kept.data) this.data.value = kept.data;
    this.sessionId.value = kept.sessionId;
    this.turns.value = kept.turns.map(({ body, ...each }) => {
      const turn = new Turn(each);
      this.bodies.set(turn, body);
      void (each.runId ? turn.open() : turn.send(body)).then(save);
      return turn;
    });
    for (const turn of this.turns.peek()) this.#follow(turn);
    this.shown.value = this.turns.peek().at(-1) ?? null;
  }

  /** @returns {Kept} */
  kept() {
    const turns = this.turns.peek().slice(-MOST_KEPT).map((turn) => ({
      question: turn.question,
      runId: turn.runId.peek(),
      requestKey: turn.requestKey,
      body: this.bodies.get(turn) ?? {},
    }));
    return { chosen: this.chosen.peek(), data: this.data.peek(), sessionId: this.sessionId.peek(), turns };
  }
}

/**
 * Make a conversation of what came before the message of a turn; give its id.
 * @param {string} sessionId @param {number} at @param {Turn[]} turns
 */
async function branch(sessionId, at, turns) {
  if (!sessionId || at === 0) return "";
  const place = `playground/sessions/${encodeURIComponent(sessionId)}`;
  const { messages } = await askJson(place);
  const before = placeOf(messages, turns.slice(0, at).map((turn) => turn.question));
  return (await askJson(`${place}/branches`, { body: { before } })).session_id;
}

/**
 * Find where what was said after those questions begins. One that failed may not have been kept, and
 * the newest may not have been kept yet.
 * @param {{role: string, text: string}[]} messages @param {string[]} questions
 */
function placeOf(messages, questions) {
  let at = 0;
  for (const question of questions) {
    const found = messages.findIndex((each, place) => place >= at && each.role === "user" && each.text.trim() === question);
    if (found >= 0) at = found + 1;
  }
  const next = messages.findIndex((each, place) => place >= at && each.role === "user");
  return next < 0 ? messages.length : next;
}

/** All panes, in order. */
export const panes = signal(/** @type {Pane[]} */ ([]));

/** Give the name of the data that a pane works on; empty for the server's own. @param {Pane} pane */
export function dataOf(pane) {
  return apart.value && copied.has(pane.chosen.value.style) ? pane.data.value : "";
}

/** Give each pane data of its own, or one store to all; what was said in another does not go on. @param {boolean} on */
export function setApart(on) {
  apart.value = on;
  sessionStorage.setItem(KEPT_APART, on ? "each" : "one");
  for (const pane of panes.peek()) {
    pane.data.value = crypto.randomUUID();
    pane.clear();
  }
}

/** Keep what is open, so that a reload goes on with it. */
export function save() {
  const kept = JSON.stringify(panes.peek().map((pane) => pane.kept()));
  try {
    sessionStorage.setItem(KEPT, kept);
  } catch {
    // Full: a long message may not fit. What is open is lost at a reload; nothing else is.
    sessionStorage.removeItem(KEPT);
  }
}

/** @returns {Kept[]} */
function saved() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

/** Open the panes of before, or one for each of what decides differently. @param {Setup} setup */
export function openPanes(setup) {
  for (const each of setup.styles) if (each.copies) copied.add(each.key);
  const chosen = sessionStorage.getItem(KEPT_APART);
  apart.value = setup.copies.available && (chosen === null ? setup.copies.default : chosen === "each");
  const there = new Set(setup.styles.map((each) => each.key));
  const before = saved().filter((each) => there.has(each.chosen?.style));
  if (before.length) {
    panes.value = before.slice(0, setup.limits.panes).map((kept) => {
      const pane = new Pane(kept.chosen);
      pane.restore(kept);
      return pane;
    });
    return;
  }
  panes.value = first(setup).map((style) => new Pane({ style, framework: "", model: "" }));
}

/** The first of each that says who decides in other words, as many as there are panes. @param {Setup} setup */
function first(setup) {
  const usable = setup.styles.filter((each) => each.available);
  const told = new Map();
  for (const each of usable) if (!told.has(each.decides)) told.set(each.decides, each.key);
  const keys = [...told.values()].slice(0, setup.limits.panes);
  return keys.length ? keys : setup.styles.slice(0, 1).map((each) => each.key);
}

/** Open one more. @param {Setup} setup */
export function addPane(setup) {
  const open = new Set(panes.peek().map((pane) => pane.chosen.peek().style));
  const usable = setup.styles.filter((each) => each.available);
  const next = usable.find((each) => !open.has(each.key)) ?? usable[0] ?? setup.styles[0];
  panes.value = [...panes.peek(), new Pane({ style: next.key, framework: "", model: "" })];
  save();
}

/** @param {Pane} pane */
export function closePane(pane) {
  panes.value = panes.peek().filter((each) => each !== pane);
  save();
}
