// @ts-check
/** One's own runs, newest first; any of them by its id. */

import { useFetched } from "./table.js";
import { html, useRef, useState } from "./vendor.js";
import { grouped, money, seconds, when } from "./words.js";

export function History() {
  const [runs, instead] = useFetched("runs");
  const [chosen, choose] = useState(/** @type {string[]} */ ([]));
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  /** @param {Event} event */
  const open = (event) => {
    event.preventDefault();
    const id = field.current?.value.trim();
    if (id) location.hash = `#/run/${encodeURIComponent(id)}`;
  };
  /** @param {string} id */
  const toggle = (id) => choose(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id].slice(-2));
  return html`<h2>History</h2>
    <div class="bar">
      <form class="line" onSubmit=${open}><label>Open a run by its id <input ref=${field} spellcheck=${false} placeholder="run_…" /></label> <button>Open</button></form>
      <button disabled=${chosen.length !== 2} onClick=${() => (location.hash = `#/compare/${chosen.map(encodeURIComponent).join("/")}`)}>Compare the two that are ticked</button>
    </div>
    ${instead ?? html`<div class="wide-table" tabindex="0" role="region" aria-label="Runs"><table>
      <thead><tr><th scope="col"><span class="unseen">compare</span></th><th scope="col">when</th><th scope="col">style</th><th scope="col">message</th><th scope="col">answer</th><th scope="col" class="number">calls</th><th scope="col" class="number">tokens</th><th scope="col" class="number">money</th><th scope="col" class="number">time</th></tr></thead>
      <tbody>${runs.runs.map((/** @type {any} */ run) => html`<tr>
        <td><input type="checkbox" aria-label=${`Compare: ${run.question}`} checked=${chosen.includes(run.run_id)} onChange=${() => toggle(run.run_id)} /></td>
        <td class="when">${run.status === "running" ? "now" : when(run.started_at)}</td>
        <td>${run.style}</td>
        <td><a href=${`#/run/${encodeURIComponent(run.run_id)}`}>${cut(run.question)}</a></td>
        <td class=${run.reply === null && run.status === "ended" ? "failed" : ""}>${run.reply === null ? (run.status === "ended" ? run.stop_reason : "…") : cut(run.reply)}</td>
        <td class="number">${run.usage ? run.usage.model_calls + run.usage.tool_calls : ""}</td>
        <td class="number">${run.usage ? grouped(run.usage.total_tokens) : ""}</td>
        <td class="number">${run.cost ? money(run.cost) : ""}</td>
        <td class="number">${run.seconds === null ? "" : seconds(run.seconds)}</td>
      </tr>`)}
      ${!runs.runs.length && html`<tr><td colspan="9" class="quiet">Nothing has run yet.</td></tr>`}</tbody>
    </table></div>`}`;
}

/** @param {string} text */
function cut(text) {
  return text.length > 90 ? `${text.slice(0, 89)}…` : text;
}
