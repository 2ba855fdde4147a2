// @ts-check
/** One message in one pane, and the run that answers it, as far as the page has heard of it. */

import { Walk } from "./arrows.js";
import { Lost, Refused, answering, ask, pause } from "./api.js";
import { read } from "./feed.js";
import { later } from "./frames.js";
import { signal } from "./vendor.js";

/** @typedef {import("./types.d.ts").RunEvent} RunEvent */
/** @typedef {import("./types.d.ts").Reply} Reply */
/** @typedef {import("./types.d.ts").Problem} Problem */
/** @typedef {import("./types.d.ts").Effect} Effect */
/** @typedef {import("./types.d.ts").Decider} Decider */
/** @typedef {import("./feed.js").Message} Message */
/** @typedef {"running" | "lost" | "done" | "failed"} State */
/** @typedef {{modelCalls: number, toolCalls: number, tokens: number, usd: number, unpriced: boolean, seconds: number, standIn: boolean}} Figures */

const RETRY_MS = 700;
const NOTHING_LEFT = 204;

/** A run that began here, on a server that knows nothing of it now. @type {Problem} */
const FORGOTTEN = {
  title: "Ended with the server",
  detail: "The server was started anew, and keeps nothing of a run that was on. What its tools had done stays done.",
  code: "run_not_found",
  status: 404,
};

/** @returns {Figures} */
const none = () => ({ modelCalls: 0, toolCalls: 0, tokens: 0, usd: 0, unpriced: false, seconds: 0, standIn: false });

export class Turn {
  /**
   * @param {{question: string, runId?: string, requestKey?: string, label?: string}} given
   */
  constructor({ question, runId = "", requestKey = "", label = "" }) {
    this.question = question;
    this.requestKey = requestKey || crypto.randomUUID();
    this.label = label;
    this.runId = signal(runId);
    this.sessionId = "";
    this.state = signal(/** @type {State} */ ("running"));
    this.reply = signal(/** @type {Reply | null} */ (null));
    this.problem = signal(/** @type {Problem | null} */ (null));
    this.said = signal("");
    this.effects = signal(/** @type {Effect[]} */ ([]));
    this.figures = signal(none());
    /** How many things each decided. */
    this.deciders = signal(/** @type {Partial<Record<Decider, number>>} */ ({}));
    /** Counts up whenever there are new rows. */
    this.news = signal(0);
    /** What was said in this message's place before, where it was edited. @type {Turn | null} */
    this.before = null;
    this.walk = new Walk();
    /** @type {Map<string, string>} */
    this.heard = new Map();
    this.lastId = "";
    /** @type {Message[]} */
    this.queue = [];
    this.taken = 0;
    this.closed = false;
  }

  /** Take what came over the line; it is worked off in frames to come. @param {Message} message */
  take(message) {
    if (message.name === "run") {
      // At once: whoever follows the run may be done with it before the next frame.
      const { run_id: runId, session_id: sessionId } = JSON.parse(message.data);
      this.sessionId = sessionId;
      this.runId.value = runId;
      return;
    }
    this.queue.push(message);
    if (message.id) this.lastId = message.id;
    if (message.name === "reply" || message.name === "problem") this.closed = true;
    later(this.#work);
  }

  /** @param {number} until */
  #work = (until) => {
    const figures = { ...this.figures.peek() };
    const deciders = { ...this.deciders.peek() };
    const effects = [...this.effects.peek()];
    const said = { text: this.said.peek() };
    const count = this.walk.rows.length;
    while (this.taken < this.queue.length && performance.now() < until) {
      this.#hear(this.queue[this.taken++], { figures, deciders, effects, said });
    }
    const more = this.taken < this.queue.length;
    if (!more) {
      this.queue = [];
      this.taken = 0;
    }
    this.figures.value = figures;
    this.deciders.value = deciders;
    if (effects.length !== this.effects.peek().length) this.effects.value = effects;
    this.said.value = said.text;
    if (this.walk.rows.length !== count) this.news.value += 1;
    return more;
  };

  /**
   * @param {Message} message
   * @param {{figures: Figures, deciders: Partial<Record<Decider, number>>, effects: Effect[], said: {text: string}}} now
   */
  #hear({ name, data: json }, now) {
    const data = JSON.parse(json);
    if (name === "reply" || name === "problem") {
      this.#close(name, data, now);
      return;
    }
    /** @type {RunEvent} */
    const event = data;
    if (event.kind === "text") {
      this.heard.set(event.span, (this.heard.get(event.span) ?? "") + (event.data?.text ?? ""));
      now.said.text = /** @type {string} */ (this.heard.get(event.span));
      return;
    }
    this.#forget(event, now.said);
    this.walk.take(event);
    count(event, now);
  }

  /**
   * What is said anew, or was said by what failed, is void.
   * @param {RunEvent} event @param {{text: string}} said
   */
  #forget(event, said) {
    const of = event.kind === "retry" ? String(event.data?.of ?? "") : event.phase === "end" && event.error !== undefined ? event.span : "";
    if (!of) return;
    for (const span of [...this.heard.keys()]) {
      if (span === of || span.startsWith(`${of}.`)) this.heard.delete(span);
    }
    said.text = [...this.heard.values()].at(-1) ?? "";
  }

  /**
   * @param {"reply" | "problem"} name @param {any} data
   * @param {{figures: Figures, effects: Effect[], said: {text: string}}} now
   */
  #close(name, data, { figures, effects, said }) {
    this.walk.cut();
    this.news.value += 1;
    said.text = "";
    effects.splice(0, effects.length, ...(data.effects ?? []));
    this.effects.value = [...effects];
    if (name === "reply") {
      figures.modelCalls = data.usage.model_calls;
      figures.toolCalls = data.usage.tool_calls;
      figures.tokens = data.usage.total_tokens;
      figures.usd = data.cost.known_usd;
      figures.unpriced = data.cost.usd === null;
      figures.standIn = data.stand_in;
      this.reply.value = data;
    } else this.problem.value = data;
    this.state.value = name === "reply" ? "done" : "failed";
  }

  /** @param {Problem} problem */
  refuse(problem) {
    this.problem.value = problem;
    this.walk.cut();
    this.news.value += 1;
    this.state.value = "failed";
  }

  /**
   * Send the message and follow its run; once it has begun, follow it wherever it is.
   * @param {Record<string, unknown>} body
   */
  async send(body) {
    const headers = { Accept: "text/event-stream", "Idempotency-Key": this.requestKey };
    await this.#hold(() =>
      this.runId.peek() ? this.#follow() : ask("playground/chat", { body, headers }),
    );
  }

  /** Follow a run that has begun, or read one that is over. */
  async open() {
    await this.#hold(() => this.#follow());
  }

  #follow() {
    /** @type {Record<string, string>} */
    const headers = { Accept: "text/event-stream" };
    if (this.lastId) headers["Last-Event-ID"] = this.lastId;
    return ask(`runs/${encodeURIComponent(this.runId.peek())}/events`, { headers });
  }

  /** Listen until the run is over, however often the line is lost. @param {() => Promise<Response>} connect */
  async #hold(connect) {
    while (!this.closed) {
      try {
        const response = await connect();
        this.state.value = "running";
        if (response.status === NOTHING_LEFT) return;
        await read(response, (message) => this.take(message));
        if (!this.closed) throw new Lost("The line was lost.");
      } catch (error) {
        if (error instanceof Refused && error.problem.code === "run_not_found" && this.state.peek() === "lost") return this.refuse(FORGOTTEN);
        if (error instanceof Refused && error.problem.status !== 429) return this.refuse(error.problem);
        if (error instanceof Refused) {
          if (!this.runId.peek()) return this.refuse(error.problem);
          await pause(1000 * (error.problem.retry_after_s ?? 1));
          continue;
        }
        this.state.value = "lost";
        await pause(RETRY_MS);
        await answering();
      }
    }
  }

  /** Ask the server to stop the run. */
  async stop() {
    const id = this.runId.peek();
    if (id) await ask(`playground/runs/${encodeURIComponent(id)}/stop`, { method: "POST" }).catch(() => undefined);
  }
}

/**
 * @param {RunEvent} event
 * @param {{figures: Figures, deciders: Partial<Record<Decider, number>>, effects: Effect[]}} now
 */
function count(event, { figures, deciders, effects }) {
  figures.seconds = Math.max(figures.seconds, event.at_s);
  if (event.phase === "start" || event.kind === "decision") {
    if (event.by !== "user") deciders[event.by] = (deciders[event.by] ?? 0) + 1;
  }
  if (event.phase === "start" && event.kind === "tool") figures.toolCalls += 1;
  if (event.kind === "tool" && event.phase === "end" && event.data?.done) {
    effects.push({ tool: event.name, status: "done", text: event.data.done, result: event.data.result });
  }
  if (event.kind !== "model" || event.phase !== "end") return;
  figures.modelCalls += 1;
  figures.tokens += (event.usage?.input_tokens ?? 0) + (event.usage?.output_tokens ?? 0);
  figures.usd += event.cost?.known_usd ?? 0;
  figures.unpriced ||= event.cost?.usd === null;
  figures.standIn ||= Boolean(event.data?.stand_in);
}
