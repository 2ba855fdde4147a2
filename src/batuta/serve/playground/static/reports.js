// @ts-check
/** Reports of the lab that lie on the server: the latest is open, any other opens in its place. */

import { ask, askJson, key } from "./api.js";
import { saved } from "./save.js";
import { useFetched } from "./table.js";
import { html, useEffect, useState } from "./vendor.js";
import { when } from "./words.js";

/** @param {string} name */
function pathOf(name) {
  return `playground/reports/${encodeURIComponent(name)}`;
}

/** Save one. @param {string} name */
async function fetched(name) {
  saved(await (await ask(pathOf(name))).blob(), name);
}

/** Give where a frame finds one: it cannot bring the caller's key, so it gets a pass for once. @param {string} name */
async function admitted(name) {
  if (!key.peek()) return pathOf(name);
  return (await askJson(`${pathOf(name)}/pass`, { method: "POST" })).path;
}

export function Reports() {
  const [found, instead] = useFetched("playground/reports");
  const [chosen, choose] = useState("");
  const [at, place] = useState({ name: "", path: "" });
  const [wrong, tell] = useState("");
  const shown = chosen || found?.reports[0]?.name || "";
  useEffect(() => {
    if (!shown) return;
    admitted(shown).then((path) => place({ name: shown, path }), (error) => tell(error.message));
  }, [shown]);
  if (instead) return html`<h2>Reports of the lab</h2>${instead}`;
  return html`<h2>Reports of the lab</h2>
    <ul class="reports">${found.reports.map((/** @type {any} */ each) => html`<li>
      <button aria-pressed=${each.name === shown} onClick=${() => choose(each.name)}>${each.title || each.name}</button>
      <span class="quiet">${when(each.changed_at)}</span>
      ${key.value
        ? html`<button class="plain" aria-label=${`Save ${each.name}`} onClick=${() => fetched(each.name).catch((error) => tell(error.message))}>Save</button>`
        : html`<a href=${pathOf(each.name)} target="_blank" rel="noopener">in a tab of its own</a>`}
    </li>`)}
    ${!found.reports.length && html`<li class="quiet">None yet.</li>`}</ul>
    ${wrong && html`<p class="failed" role="alert">${wrong}</p>`}
    ${shown && at.name === shown && html`<iframe class="report" title=${`Report ${shown}`} sandbox="" src=${at.path}></iframe>`}`;
}
