// @ts-check
/** Two runs side by side, and where they differ. */

import { label } from "./arrows.js";
import { pairs, steps } from "./difference.js";
import { panes } from "./pane.js";
import { Shares } from "./run_view.js";
import { useFetched } from "./table.js";
import { Turn } from "./turn.js";
import { html, useEffect, useState } from "./vendor.js";
import { DECIDERS, counted, dollars, grouped, seconds } from "./words.js";

/** @typedef {import("./types.d.ts").Row} Row */

const KINDS = { same: "same", left: "only left", right: "only right" };

/** @param {{one: string, other: string}} given */
export function Compare({ one, other }) {
  const [left] = useState(() => (one ? new Turn({ question: "", runId: one }) : null));
  const [right] = useState(() => (other ? new Turn({ question: "", runId: other }) : null));
  useEffect(() => {
    void left?.open();
    void right?.open();
  }, []);
  void left?.news.value;
  void right?.news.value;
  const ready = left && right && over(left) && over(right);
  return html`<h2>Two runs side by side</h2>
    <div class="sides">
      <${Side} name="Left" id=${one} turn=${left} choose=${(/** @type {string} */ id) => go(id, other)} />
      <${Side} name="Right" id=${other} turn=${right} choose=${(/** @type {string} */ id) => go(one, id)} />
    </div>
    ${ready && html`<${Figures} left=${left} right=${right} /><${Steps} left=${left} right=${right} />`}`;
}

/** @param {Turn} turn */
function over(turn) {
  return turn.state.value === "done" || turn.state.value === "failed";
}

/** @param {string} one @param {string} other */
function go(one, other) {
  location.hash = `#/compare/${encodeURIComponent(one)}/${encodeURIComponent(other)}`;
}

/** @param {{name: string, id: string, turn: Turn | null, choose: (id: string) => void}} given */
function Side({ name, id, turn, choose }) {
  const [runs] = useFetched("runs");
  /** @type {{run_id: string, style: string, question: string}[]} */
  const known = runs?.runs ?? [];
  const open = panes.value.flatMap((pane) => pane.turns.value.map((each) => each.runId.value)).filter(Boolean);
  const listed = [...known.filter((run) => open.includes(run.run_id)), ...known.filter((run) => !open.includes(run.run_id))];
  return html`<section aria-label=${name}>
    <label>${name} <select value=${id} onChange=${(/** @type {any} */ event) => choose(event.target.value)}>
      <option value="">choose a run</option>
      ${id && !listed.some((run) => run.run_id === id) && html`<option value=${id}>${id}</option>`}
      ${listed.map((run) => html`<option value=${run.run_id}>${run.style}: ${run.question.slice(0, 60)} (${run.run_id.slice(-6)})</option>`)}
    </select></label>
    ${turn?.reply.value && html`<div class="answer"><p>${turn.reply.value.reply}</p></div>`}
    ${turn?.problem.value && html`<p class="problem" role="alert">${turn.problem.value.detail}</p>`}
    ${turn && html`<${Shares} turn=${turn} />`}
    ${id && html`<p><a href=${`#/run/${encodeURIComponent(id)}`}>Open alone</a></p>`}
  </section>`;
}

/** @param {{left: Turn, right: Turn}} given */
function Figures({ left, right }) {
  const [a, b] = [left.figures.value, right.figures.value];
  /** @type {[string, number, number, (value: number) => string][]} */
  const rows = [
    ["model calls", a.modelCalls, b.modelCalls, grouped],
    ["tool calls", a.toolCalls, b.toolCalls, grouped],
    ["tokens", a.tokens, b.tokens, grouped],
    ["money, as far as known", a.usd, b.usd, dollars],
    ["time", a.seconds, b.seconds, seconds],
    ["things done", left.effects.value.length, right.effects.value.length, grouped],
  ];
  return html`<table class="figures">
    <thead><tr><th scope="col">What it took</th><th scope="col" class="number">left</th><th scope="col" class="number">right</th><th scope="col" class="number">difference</th></tr></thead>
    <tbody>${rows.map(([name, one, two, said]) => html`<tr><th scope="row">${name}</th><td class="number">${said(one)}</td><td class="number">${said(two)}</td><td class="number">${difference(two - one, said)}</td></tr>`)}
    <tr><th scope="row">really done</th><td class="number wraps">${done(left)}</td><td class="number wraps">${done(right)}</td><td class="number">${done(left) === done(right) ? "same" : "differs"}</td></tr></tbody>
  </table>`;
}

/** @param {number} by @param {(value: number) => string} said */
function difference(by, said) {
  if (by === 0) return "same";
  return `${by > 0 ? "+" : "−"}${said(Math.abs(by))}`;
}

/** @param {Turn} turn */
function done(turn) {
  return turn.effects.value.map((each) => each.text).join("; ") || "nothing";
}

/** @param {{left: Turn, right: Turn}} given */
function Steps({ left, right }) {
  const found = pairs(steps(left.walk.rows), steps(right.walk.rows));
  const differ = found.filter((each) => each.kind !== "same").length;
  return html`<div class="wide-table" tabindex="0" role="region" aria-label="Step by step"><table class="steps-beside">
    <caption>${counted(found.length, "step")}, ${differ ? `${grouped(differ)} of them not the same` : "all the same"}</caption>
    <thead><tr><th scope="col">left</th><th scope="col">right</th><th scope="col">how</th></tr></thead>
    <tbody>${found.map((pair) => html`<tr class=${pair.kind}><td>${pair.left && said(pair.left)}</td><td>${pair.right && said(pair.right)}</td><td>${how(pair)}</td></tr>`)}</tbody>
  </table></div>`;
}

/** Say in what two steps differ. @param {import("./difference.js").Pair} pair */
function how({ kind, left, right }) {
  if (kind !== "otherwise") return KINDS[kind];
  const who = left?.event.by !== right?.event.by;
  const what = left && right && label(left) !== label(right);
  if (who && what) return "who and what";
  return who ? "who decided" : what ? "what was said" : "which agent";
}

/** @param {Row} row */
function said(row) {
  const { by, kind, name } = row.event;
  return html`<span class=${`by by-${by}`}>${DECIDERS[by]}</span> ${kind === "tool" || kind === "decision" ? "" : html`<b>${kind} ${name}</b> `}${label(row)}`;
}
