// @ts-check
/** The panes side by side, what they are told, and what the store holds. */

import { Composer } from "./composer.js";
import { LabBench, Questions } from "./lab.js";
import { addPane, panes } from "./pane.js";
import { PaneView } from "./pane_view.js";
import { Store } from "./store.js";
import { html, signal } from "./vendor.js";
import { DECIDERS, MEANINGS } from "./words.js";

/** @typedef {import("./types.d.ts").Setup} Setup */
/** @typedef {import("./types.d.ts").Decider} Decider */

/** Which pane a narrow screen shows. */
const front = signal(0);
const nameOf = (/** @type {Setup} */ setup, /** @type {string} */ key) => setup.styles.find((each) => each.key === key)?.name ?? key;

/** @param {{setup: Setup}} given */
export function Stage({ setup }) {
  const open = panes.value;
  const fresh = open.every((pane) => !pane.turns.value.length);
  const at = Math.min(front.value, open.length - 1);
  return html`<div class="stage">
    <div class="bar">
      ${fresh && html`<p class="lead"><b>One message, ${open.length === 1 ? "one way" : `${["", "", "two", "three", "four"][open.length] ?? open.length} ways`} to decide.</b> Pick a suggestion below, and see who decides what is called, and when.</p>`}
      <${Legend} />
      ${open.length < setup.limits.panes && html`<button onClick=${() => { addPane(setup); front.value = panes.peek().length - 1; }}>Add a pane</button>`}
      ${setup.lab && html`<${LabBench} setup=${setup} />`}
    </div>
    <${Questions} />
    <div class="turns" role="group" aria-label="Pane in view">
      ${open.map((pane, number) => html`<button aria-pressed=${number === at} onClick=${() => (front.value = number)} key=${pane.id}>${nameOf(setup, pane.chosen.value.style)}</button>`)}
    </div>
    <div class=${`panes count-${open.length}`}>
      ${open.map((pane, number) => html`<${PaneView} pane=${pane} number=${number} setup=${setup} front=${number === at} key=${pane.id} />`)}
    </div>
    ${setup.store && html`<${Store} setup=${setup} />`}
    <${Composer} setup=${setup} />
  </div>`;
}

function Legend() {
  const deciders = /** @type {Decider[]} */ (Object.keys(DECIDERS)).filter((each) => each !== "user");
  return html`<dl class="legend">
    <dt>Who decides</dt>
    ${deciders.map((by) => html`<dd class=${`by by-${by}`} title=${MEANINGS[by]}>${DECIDERS[by]}</dd>`)}
  </dl>`;
}

