// @ts-check
/** A run as it goes: meters, who decided how often, the diagram, the list, and what may be done with it. */

import { askJson, ask, Refused } from "./api.js";
import { Diagram } from "./diagram.js";
import { saved } from "./save.js";
import { Steps } from "./steps.js";
import { html, signal, useEffect, useRef } from "./vendor.js";
import { DECIDERS, MEANINGS, counted, dollars, grouped, seconds, short } from "./words.js";

/** @typedef {import("./types.d.ts").Budget} Budget */
/** @typedef {import("./types.d.ts").Decider} Decider */
/** @typedef {import("./turn.js").Turn} Turn */

/** @param {{turn: Turn, budget: Budget | null}} given */
export function Meters({ turn, budget }) {
  const { modelCalls, toolCalls, tokens, usd, unpriced, seconds: took, standIn } = turn.figures.value;
  return html`<div class="meters" role="group" aria-label="What it took, against the budget">
    <${Meter} name="models" whole="model calls" value=${modelCalls} most=${budget?.model_calls} said=${grouped(modelCalls)} limit=${budget?.model_calls} />
    <${Meter} name="tools" whole="tool calls" value=${toolCalls} most=${budget?.tool_calls} said=${grouped(toolCalls)} limit=${budget?.tool_calls} />
    <${Meter} name="tokens" value=${tokens} most=${budget?.tokens} said=${grouped(tokens)} limit=${budget?.tokens && short(budget.tokens)} />
    <${Meter} name="money" value=${usd} most=${budget?.cost_usd} said=${unpriced ? (usd ? `≥ ${dollars(usd)}` : "unknown") : dollars(usd)} limit=${budget?.cost_usd && dollars(budget.cost_usd)} note=${standIn ? "a stand-in: nothing is bought" : ""} />
    <${Meter} name="time" value=${took} most=${budget?.seconds} said=${seconds(took)} limit=${budget?.seconds && `${budget.seconds} s`} />
  </div>`;
}

/** @param {{name: string, whole?: string, value: number, most?: number | null, said: string, limit?: unknown, note?: string}} given */
function Meter({ name, whole = name, value, most, said, limit, note }) {
  const part = most ? Math.min(1, value / most) : 0;
  const says = `${said}${limit ? ` of ${limit}` : ""}`;
  const level = part >= 1 ? "full" : part >= 0.8 ? "high" : "";
  return html`<div class=${`meter ${level}`} title=${`${whole}: ${says}${note ? ` (${note})` : ""}`}>
    <span class="meter-name">${name}</span>
    <span class="meter-said"><b>${said}</b></span>
    ${most ? html`<span class="meter-bar" role="meter" aria-label=${whole} aria-valuemin="0" aria-valuemax=${most} aria-valuenow=${Math.min(value, most)} aria-valuetext=${says}><span style=${{ width: `${Math.max(part * 100, value ? 1.5 : 0)}%` }}></span></span>` : html`<span class="meter-bar none"></span>`}
    <span class="quiet meter-limit">${limit ? `of ${limit}` : "no limit"}</span>
  </div>`;
}

/** Who held the baton: a bar of shares, and the same in words. @param {{turn: Turn}} given */
export function Shares({ turn }) {
  const found = /** @type {[Decider, number][]} */ (Object.entries(turn.deciders.value)).sort((one, other) => other[1] - one[1]);
  const total = found.reduce((sum, [, count]) => sum + count, 0);
  if (!total) return null;
  return html`<div class="shares">
    <div class="shares-bar" aria-hidden="true">${found.map(([by, count]) => html`<span class=${`share by-${by}`} style=${{ flexGrow: count }}></span>`)}</div>
    <p><span class="quiet">decided by </span>${found.map(([by, count]) => html`<span class=${`by by-${by}`} title=${MEANINGS[by]}>${DECIDERS[by]} ${count}</span> `)}</p>
  </div>`;
}

/** @param {{turn: Turn}} given */
export function DiagramView({ turn }) {
  const place = useRef(/** @type {HTMLDivElement | null} */ (null));
  const drawn = useRef(/** @type {Diagram | null} */ (null));
  const count = turn.news.value;
  useEffect(() => {
    drawn.current = new Diagram(/** @type {HTMLElement} */ (place.current));
    return () => drawn.current?.close();
  }, []);
  useEffect(() => drawn.current?.show(turn.walk), [turn, count]);
  const over = turn.state.value === "done" || turn.state.value === "failed";
  useEffect(() => {
    if (over) drawn.current?.rest();
  }, [turn, over]);
  const said = `Sequence diagram, ${counted(turn.walk.rows.length, "line")}. The same stands as a list under Decisions.`;
  return html`<div class="diagram" ref=${place} tabindex="0" role="img" aria-label=${said}></div>`;
}

/** @param {{turn: Turn}} given */
export function StepsView({ turn }) {
  const place = useRef(/** @type {HTMLOListElement | null} */ (null));
  const drawn = useRef(/** @type {Steps | null} */ (null));
  const count = turn.news.value;
  useEffect(() => {
    drawn.current = new Steps(/** @type {HTMLElement} */ (place.current));
    return () => drawn.current?.close();
  }, []);
  useEffect(() => drawn.current?.show(turn.walk), [turn, count]);
  return html`<div class="steps-place" tabindex="0" role="region" aria-label="Decisions, in order"><ol class="steps" ref=${place}></ol></div>`;
}

/** What was really done, and where the answer claims more than that. @param {{turn: Turn}} given */
export function Done({ turn }) {
  const effects = turn.effects.value;
  const over = turn.state.value === "done" || turn.state.value === "failed";
  const warnings = turn.reply.value?.warnings ?? [];
  if (!effects.length && !warnings.length && !over) return null;
  return html`<div class="done-box" tabindex="0" role="group" aria-label="Really done">
    <p class="heading">Really done${!effects.length && html`: <span>${over ? "nothing" : "nothing yet"}</span>`}</p>
    ${effects.length > 0 && html`<ul>${effects.map((each) => html`<li class=${each.status}>${each.text}${each.status === "unknown" && " (begun; nobody knows how it ended)"}</li>`)}</ul>`}
    ${warnings.map((text) => html`<p class="failed">Careful: ${text}</p>`)}
  </div>`;
}

/** What may be done with a run. @param {{turn: Turn, other?: string}} given */
export function RunMenu({ turn, other = "" }) {
  const id = turn.runId.value;
  const box = useRef(/** @type {HTMLDetailsElement | null} */ (null));
  const said = useRef(signal(""));
  if (!id) return null;
  const told = /** @type {import("./vendor.js").Signal<string>} */ (said.current);
  const at = `runs/${encodeURIComponent(id)}`;
  /** @param {() => Promise<string>} work */
  const doing = (work) => async () => {
    try {
      told.value = await work();
    } catch (error) {
      told.value = error instanceof Error ? error.message : String(error);
    }
  };
  const mermaid = doing(async () => {
    const text = await (await ask(`${at}/diagram?format=mermaid`, { headers: { Accept: "text/plain, */*" } })).text();
    await copied(text);
    return "Copied as Mermaid.";
  });
  const page = doing(async () => {
    const file = await (await ask(`${at}/page`, { headers: { Accept: "text/html, */*" } })).blob();
    saved(file, `${id}.html`);
    return "Saved as one HTML file.";
  });
  const link = doing(async () => {
    await copied(new URL(`#/run/${encodeURIComponent(id)}`, location.href).href);
    return "Link copied.";
  });
  return html`<details class="menu" ref=${box} onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape" && box.current) {
      box.current.open = false;
      box.current.querySelector("summary")?.focus();
    }
  }}>
    <summary aria-label="This run"><span aria-hidden="true">This run ▾</span></summary>
    <div class="menu-body">
      <button onClick=${mermaid}>Copy as Mermaid</button>
      <button onClick=${page}>Save as an HTML file</button>
      <button onClick=${link}>Copy its link</button>
      <a href=${`#/run/${encodeURIComponent(id)}`}>Open alone</a>
      <a href=${`#/compare/${encodeURIComponent(id)}/${encodeURIComponent(other)}`}>Compare with another</a>
      <p class="quiet id">${id}</p>
      <p role="status">${told.value}</p>
    </div>
  </details>`;
}

/** @param {string} text */
async function copied(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  throw new Error("This browser lets a page copy only over HTTPS or at this machine.");
}

const LONG = 160;

/** A value in a line, the whole of it where that is long on demand. @param {{value: unknown}} given */
function Kept({ value }) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (text.length <= LONG) return html`<code>${text}</code>`;
  return html`<details><summary><code>${text.slice(0, LONG)}…</code></summary><pre tabindex="0">${JSON.stringify(value, null, 1)}</pre></details>`;
}

/** What a conversation keeps. @param {{sessionId: string, count: number}} given */
export function SessionView({ sessionId, count }) {
  const found = useRef(signal(/** @type {any} */ (null)));
  const kept = /** @type {import("./vendor.js").Signal<any>} */ (found.current);
  useEffect(() => {
    if (!sessionId) {
      kept.value = null;
      return;
    }
    askJson(`playground/sessions/${encodeURIComponent(sessionId)}`).then(
      (session) => (kept.value = session),
      (error) => (kept.value = { wrong: error.message }),
    );
  }, [sessionId, count]);
  const session = kept.value;
  if (!sessionId) return html`<p class="quiet pad">A conversation is kept from its first message on.</p>`;
  if (!session) return html`<p class="quiet pad">Looking it up…</p>`;
  if (session.wrong) return html`<p class="failed pad">${session.wrong}</p>`;
  const state = session.state && Object.keys(session.state).length ? session.state : null;
  return html`<div class="session" tabindex="0" role="region" aria-label="What the session keeps">
    <p class="heading">State</p>
    ${state ? html`<dl class="kept">${Object.entries(state).map(([name, value]) => html`<dt>${name.replaceAll("_", " ")}</dt><dd><${Kept} value=${value} /></dd>`)}</dl>` : html`<p class="quiet">This style keeps no state beside the messages.</p>`}
    <p class="heading">Messages</p>
    <ol>${session.messages.map((/** @type {any} */ each) => html`<li><b>${each.role}</b> ${each.text || html`<span class="quiet">${each.tool_calls ? "asks for tools" : "(no text)"}</span>`}</li>`)}</ol>
    <p class="quiet id">${sessionId}</p>
  </div>`;
}
