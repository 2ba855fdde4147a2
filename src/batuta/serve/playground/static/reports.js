// @ts-check
/** Reports of the lab that lie on the server: the latest is open, any other opens in its place. */

import { ask, key } from "./api.js";
import { saved } from "./save.js";
import { useFetched } from "./table.js";
import { html, useState } from "./vendor.js";
import { when } from "./words.js";

/** @param {string} name */
function pathOf(name) {
  return `playground/reports/${encodeURIComponent(name)}`;
}

/** Save one: a frame could not bring the caller's key. @param {string} name */
async function fetched(name) {
  saved(await (await ask(pathOf(name))).blob(), name);
}

export function Reports() {
  const [found, instead] = useFetched("playground/reports");
  const [chosen, choose] = useState("");
  const [wrong, tell] = useState("");
  if (instead) return html`<h2>Reports of the lab</h2>${instead}`;
  const shown = key.value ? "" : chosen || found.reports[0]?.name || "";
  /** @param {string} name */
  const open = (name) => (key.value ? fetched(name).catch((error) => tell(error.message)) : choose(name));
  return html`<h2>Reports of the lab</h2>
    <ul class="reports">${found.reports.map((/** @type {any} */ each) => html`<li>
      <button aria-pressed=${key.value ? undefined : each.name === shown} onClick=${() => open(each.name)}>${key.value ? "Save " : ""}${each.title || each.name}</button>
      <span class="quiet">${when(each.changed_at)}</span>
      ${!key.value && html`<a href=${pathOf(each.name)} target="_blank" rel="noopener">in a tab of its own</a>`}
    </li>`)}
    ${!found.reports.length && html`<li class="quiet">None yet.</li>`}</ul>
    ${wrong && html`<p class="failed" role="alert">${wrong}</p>`}
    ${shown && html`<iframe class="report" title=${`Report ${shown}`} sandbox="" src=${pathOf(shown)}></iframe>`}`;
}
