// @ts-check
/** One run alone, by its id: while it is on, or as it was. */

import { DiagramView, Done, Meters, RunMenu, Shares, StepsView } from "./run_view.js";
import { Turn } from "./turn.js";
import { askJson } from "./api.js";
import { html, useEffect, useState } from "./vendor.js";
import { when } from "./words.js";

/** @typedef {import("./types.d.ts").Setup} Setup */

/** @param {{id: string, setup: Setup}} given */
export function RunPage({ id, setup }) {
  const [turn] = useState(() => new Turn({ question: "", runId: id }));
  const [about, tell] = useState(/** @type {any} */ (null));
  useEffect(() => void turn.open(), []);
  const state = turn.state.value;
  useEffect(() => {
    if (!turn.problem.peek()) askJson(`runs/${encodeURIComponent(id)}`).then(tell, () => undefined);
  }, [state]);
  const problem = turn.problem.value;
  const reply = turn.reply.value;
  const missing = problem?.status === 404 && !turn.walk.rows.length;
  const style = about && setup.styles.find((each) => each.key === about.style);
  if (missing) return html`<h2>A run</h2><p class="problem" role="alert">${problem.detail}</p><p class="quiet id">${id}</p>`;
  return html`<div class="run-page">
    <div class="bar"><h2>${style?.name ?? about?.style ?? "A run"} <span class="quiet">${when(about?.started_at)}</span></h2><${RunMenu} turn=${turn} /></div>
    <div class="run-columns">
      <div>
        ${about && html`<div class="question"><p>${about.question}</p></div>`}
        ${reply && html`<div class="answer"><p>${reply.reply}</p></div>`}
        ${!reply && turn.said.value && html`<div class="answer partial"><p>${turn.said.value}</p></div>`}
        ${problem && html`<div class="problem" role="alert"><p>${problem.detail}</p></div>`}
        <${Done} turn=${turn} />
        <${Meters} turn=${turn} budget=${setup.budget} />
        <${Shares} turn=${turn} />
        <h3>Decisions</h3>
        <${StepsView} turn=${turn} />
      </div>
      <${DiagramView} turn=${turn} />
    </div>
  </div>`;
}
