// @ts-check
/** Reports of the lab that lie on the server. */

import { useFetched } from "./table.js";
import { html } from "./vendor.js";
import { when } from "./words.js";

export function Reports() {
  const [found, instead] = useFetched("playground/reports");
  return html`<h2>Reports of the lab</h2>
    ${instead ?? html`<ul class="reports">${found.reports.map((/** @type {any} */ each) => html`<li><a href=${`playground/reports/${encodeURIComponent(each.name)}`} target="_blank" rel="noopener">${each.title || each.name}</a> <span class="quiet">${when(each.changed_at)}</span></li>`)}
    ${!found.reports.length && html`<li class="quiet">None yet.</li>`}</ul>`}`;
}
