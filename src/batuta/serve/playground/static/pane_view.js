// @ts-check
/** One pane on the page. */

import { labChoices } from "./lab.js";
import { closePane, dataOf, panes } from "./pane.js";
import { speak } from "./place.js";
import { DiagramView, Done, Meters, RunMenu, SessionView, Shares, StepsView } from "./run_view.js";
import { refreshStore } from "./store.js";
import { html, useEffect, useRef, useState } from "./vendor.js";
import { capital } from "./words.js";

/** @typedef {import("./types.d.ts").Setup} Setup */
/** @typedef {import("./types.d.ts").Choice} Choice */
/** @typedef {import("./pane.js").Pane} Pane */
/** @typedef {import("./pane.js").Tab} Tab */
/** @typedef {import("./turn.js").Turn} Turn */

/** @param {Event} event */
const valueOf = (event) => /** @type {HTMLInputElement} */ (event.target).value;

/** @param {{pane: Pane, number: number, setup: Setup, front: boolean}} given */
export function PaneView({ pane, number, setup, front }) {
  const style = setup.styles.find((each) => each.key === pane.chosen.value.style);
  const turn = pane.shown.value;
  return html`<section class=${front ? "pane front" : "pane"} aria-label=${`Pane ${number + 1}: ${style?.name ?? "?"}`}>
    <${PaneHead} pane=${pane} number=${number} setup=${setup} style=${style} />
    <${Talk} pane=${pane} setup=${setup} name=${style?.name ?? ""} />
    ${turn ? html`<${RunPart} pane=${pane} turn=${turn} setup=${setup} />` : html`<${Before} style=${style} />`}
  </section>`;
}

/** @param {{pane: Pane, number: number, setup: Setup, style: Choice | undefined}} given */
function PaneHead({ pane, number, setup, style }) {
  const { framework, model, style: key } = pane.chosen.value;
  const kinds = /** @type {const} */ ([["style", "Styles"], ["composition", "Compositions"]]);
  return html`<header class="pane-head">
    <div class="pick">
      <select aria-label=${`What answers in pane ${number + 1}`} value=${key} onChange=${(/** @type {Event} */ event) => pane.choose({ style: valueOf(event), framework: "" })}>
        ${kinds.map(([kind, name]) => {
          const found = setup.styles.filter((each) => each.kind === kind);
          return found.length > 0 && html`<optgroup label=${name}>${found.map((each) => html`<option value=${each.key} disabled=${!each.available}>${title(each)}${each.available ? "" : `: ${each.missing}`}</option>`)}</optgroup>`;
        })}
      </select>
      ${pane.turns.value.length > 0 && html`<button class="plain" title="Begin a new conversation" onClick=${() => pane.clear()}>New</button>`}
      ${panes.value.length > 1 && html`<button class="plain close" aria-label=${`Close pane ${number + 1}`} title="Close" onClick=${() => closePane(pane)}>×</button>`}
    </div>
    <div class="pick more">
      ${pane.turns.value.length > 0 && html`<p class="decides"><span class="quiet">decides: </span>${style?.decides ?? ""}</p>`}
      ${style?.frameworks && html`<select aria-label="Framework" value=${framework} onChange=${(/** @type {Event} */ event) => pane.choose({ framework: valueOf(event) })}>
        ${setup.frameworks.map((each) => html`<option value=${each.default ? "" : each.name} disabled=${!each.available}>${each.name}${each.available ? "" : `: ${each.missing}`}</option>`)}
      </select>`}
      ${setup.lab && style?.models && html`<${AnyModel} pane=${pane} setup=${setup} />`}
      ${!setup.lab && setup.models.length > 1 && style?.models && html`<select aria-label="Model" value=${model} onChange=${(/** @type {Event} */ event) => pane.choose({ model: valueOf(event) })}>
        ${setup.models.map((each) => html`<option value=${each.default ? "" : each.name} disabled=${!each.available}>${each.name}${each.stand_in ? " (stand-in)" : ""}${each.available ? "" : `: ${each.missing}`}</option>`)}
      </select>`}
      ${style?.elsewhere && html`<p class="elsewhere">${capital(style.elsewhere)}.</p>`}
    </div>
  </header>`;
}

/** With the lab, a pane may name any model. @param {{pane: Pane, setup: Setup}} given */
function AnyModel({ pane, setup }) {
  const usual = setup.models.find((each) => each.default)?.name ?? "";
  const list = `${pane.id}-models`;
  return html`<input class="any-model" aria-label="Model" list=${list} value=${pane.chosen.value.model} placeholder=${usual} spellcheck=${false} onChange=${(/** @type {Event} */ event) => pane.choose({ model: valueOf(event).trim() })} />
    <datalist id=${list}>${setup.models.map((each) => html`<option value=${each.name}>${each.stand_in ? "stand-in" : each.missing ?? ""}</option>`)}</datalist>`;
}

/** What a pane says before anything was asked. @param {{style: Choice | undefined}} given */
function Before({ style }) {
  if (!style) return null;
  return html`<dl class="before">
    <dt>Who decides</dt><dd class="large">${capital(style.decides)}</dd>
    <dt>Right where</dt><dd>${capital(style.when)}</dd>
    <dt>Where it runs</dt><dd>${RUNS[style.runs] ?? style.runs}</dd>
  </dl>`;
}

/** @type {Record<string, string>} */
const RUNS = { shared: "In one process", independent: "Each agent in a process of its own", managed: "At AWS" };

/** @param {Choice} style */
function title(style) {
  return style.kind === "style" && style.key.length === 1 ? `${style.key.toUpperCase()} · ${style.name}` : style.name;
}

/** @param {{pane: Pane, setup: Setup, name: string}} given */
function Talk({ pane, setup, name }) {
  const turns = pane.turns.value;
  const place = useRef(/** @type {HTMLOListElement | null} */ (null));
  const last = turns.at(-1);
  const state = last?.state.value;
  useEffect(() => {
    const newest = /** @type {HTMLElement | null} */ (place.current?.lastElementChild ?? null);
    if (place.current && newest) place.current.scrollTop = newest.offsetTop - place.current.offsetTop - 6;
  }, [turns.length, state]);
  if (!turns.length) return null;
  return html`<ol class="talk" ref=${place} tabindex="0" aria-label="Conversation">
    ${turns.map((turn) => html`<${TurnView} key=${turn.requestKey} pane=${pane} turn=${turn} setup=${setup} name=${name} />`)}
  </ol>`;
}

/** @param {{pane: Pane, turn: Turn, setup: Setup, name: string}} given */
function TurnView({ pane, turn, setup, name }) {
  const [editing, edit] = useState(false);
  const state = turn.state.value;
  const reply = turn.reply.value;
  const problem = turn.problem.value;
  const shown = pane.shown.value === turn;
  const began = useRef(state);
  useEffect(() => {
    if (began.current === state) return;
    began.current = state;
    if (state === "done" || state === "failed") {
      speak(`${name}: ${reply?.reply ?? problem?.detail ?? ""}`);
      if (setup.store) void refreshStore(dataOf(pane));
    }
  }, [state]);
  const effects = turn.effects.value.length;
  useEffect(() => {
    if (effects && setup.store) void refreshStore(dataOf(pane));
  }, [effects]);

  /** @param {string} text */
  const anew = (text) => {
    edit(false);
    void pane.sayAnew(turn, text, labChoices(setup));
  };
  return html`<li class=${shown ? "turn shown" : "turn"}>
    ${editing
      ? html`<${Edit} text=${turn.question} most=${setup.limits.message_chars} done=${anew} cancel=${() => edit(false)} />`
      : html`<div class="question">
          <p>${turn.question.length > 600 ? `${turn.question.slice(0, 600)}…` : turn.question}</p>
          <button class="plain" disabled=${pane.busy} onClick=${() => edit(true)} title="Edit, and run again from here">Edit</button>
        </div>`}
    ${reply && html`<div class="answer"><p>${reply.reply}</p>${reply.stand_in && html`<p class="quiet small">A stand-in: offline language rules, no real model</p>`}</div>`}
    ${!reply && turn.said.value && html`<div class="answer partial"><p>${turn.said.value}</p></div>`}
    ${problem && html`<div class="problem" role="alert"><p><b>${capital(problem.title ?? "Error")}.</b> ${problem.detail}</p>${(problem.answers ?? []).map((each) => html`<p class="quiet">${each.agent} had said: ${each.text}</p>`)}</div>`}
    ${state === "running" && html`<p class="state"><span class="beat" aria-hidden="true"></span> at work <button class="plain" onClick=${() => turn.stop()}>Stop</button></p>`}
    ${state === "lost" && html`<p class="state failed">The line is lost. Trying to go on where it was…</p>`}
    ${!shown && html`<${Done} turn=${turn} />`}
    <p class="turn-ways">
      ${!shown && html`<button class="plain" onClick=${() => (pane.shown.value = turn)}>Show its diagram</button>`}
      ${turn.before?.runId.value && turn.runId.value && html`<a href=${`#/compare/${encodeURIComponent(turn.before.runId.value)}/${encodeURIComponent(turn.runId.value)}`}>Compare with what was said before</a>`}
    </p>
  </li>`;
}

/** @param {{text: string, most: number, done: (text: string) => void, cancel: () => void}} given */
function Edit({ text, most, done, cancel }) {
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  useEffect(() => field.current?.focus(), []);
  /** @param {Event} event */
  const send = (event) => {
    event.preventDefault();
    const said = field.current?.value.trim() ?? "";
    if (said && [...said].length <= most) done(said);
  };
  return html`<form class="edit" onSubmit=${send} onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && cancel()}>
    <textarea ref=${field} rows="3" aria-label="The message, edited">${text}</textarea>
    <p class="quiet small">It runs in a conversation of what came before it. What was done since then stays done.</p>
    <button class="main">Run again from here</button> <button type="button" onClick=${cancel}>Leave it</button>
  </form>`;
}

/** @param {{pane: Pane, turn: Turn, setup: Setup}} given */
function RunPart({ pane, turn, setup }) {
  const tab = pane.tab.value;
  const tabs = /** @type {[Tab, string][]} */ ([["diagram", "Diagram"], ["steps", "Decisions"], ["session", "Session"]]);
  const beside = panes.value.find((each) => each !== pane && each.shown.value?.runId.value)?.shown.value?.runId.value;
  /** @param {KeyboardEvent} event */
  const move = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const at = tabs.findIndex(([name]) => name === tab);
    pane.tab.value = tabs[(at + by + tabs.length) % tabs.length][0];
    document.getElementById(`${pane.id}-${pane.tab.peek()}`)?.focus();
  };
  return html`<div class="run-part">
    <${Done} turn=${turn} />
    <${Meters} turn=${turn} budget=${labBudget(setup)} />
    <${Shares} turn=${turn} />
    <div class="tab-line">
      <div class="tabs" role="tablist" aria-label="What to see of this run" onKeyDown=${move}>
        ${tabs.map(([name, said]) => html`<button role="tab" id=${`${pane.id}-${name}`} aria-selected=${tab === name} aria-controls=${`${pane.id}-panel`} tabindex=${tab === name ? 0 : -1} onClick=${() => (pane.tab.value = name)}>${said}</button>`)}
      </div>
      <${RunMenu} turn=${turn} other=${beside ?? ""} />
    </div>
    <div class="panel" role="tabpanel" id=${`${pane.id}-panel`} aria-labelledby=${`${pane.id}-${tab}`}>
      ${tab === "diagram" && html`<${DiagramView} turn=${turn} />`}
      ${tab === "steps" && html`<${StepsView} turn=${turn} />`}
      ${tab === "session" && html`<${SessionView} sessionId=${pane.sessionId.value} count=${turn.state.value} />`}
    </div>
  </div>`;
}

/** The limits that hold here: the server's, or less where the lab says so. @param {Setup} setup */
function labBudget(setup) {
  const own = /** @type {{budget?: Record<string, number>}} */ (labChoices(setup)).budget ?? {};
  return { ...setup.budget, ...own };
}
