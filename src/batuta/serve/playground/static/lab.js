// @ts-check
/** What a server with --lab lets one set and break; and questions that wait for a person. */

import { Lost, Refused, ask, askJson } from "./api.js";
import { panes } from "./pane.js";
import { html, signal, useEffect, useRef } from "./vendor.js";
import { dollars } from "./words.js";

/** @typedef {import("./types.d.ts").Setup} Setup */
/** @typedef {import("./types.d.ts").Question} Question */
/** @typedef {"cost_usd" | "seconds" | "model_calls" | "tool_calls" | "tokens"} Limit */

const LOOK_MS = 2000;
/** @type {[Limit, string, string][]} */
const LIMITS = [["model_calls", "model calls", "1"], ["tool_calls", "tool calls", "1"], ["tokens", "tokens", "1"], ["cost_usd", "US dollars", "any"], ["seconds", "seconds", "any"]];

const faults = signal(/** @type {string[]} */ ([]));
const budget = signal(/** @type {Partial<Record<Limit, number>>} */ ({}));
const services = signal(/** @type {Setup["services"]} */ ([]));
const said = signal("");

/** What the next message is sent with. @param {Setup} setup @returns {Record<string, unknown>} */
export function labChoices(setup) {
  if (!setup.lab) return {};
  /** @type {Record<string, unknown>} */
  const made = {};
  if (faults.value.length) made.faults = faults.value;
  if (Object.keys(budget.value).length) made.budget = budget.value;
  return made;
}

/** @param {{setup: Setup}} given */
export function LabBench({ setup }) {
  const on = faults.value.length + Object.keys(budget.value).length;
  useEffect(() => {
    services.value = setup.services;
    if (!setup.services.length) return;
    const looking = setInterval(() => {
      if (!document.hidden) void look();
    }, LOOK_MS);
    return () => clearInterval(looking);
  }, [setup]);
  return html`<details class="menu lab">
    <summary>Lab${on ? ` · ${on} set` : ""}</summary>
    <div class="menu-body wide">
      <fieldset><legend>Faults of the next messages</legend>
        ${setup.faults.map(({ name, about }) => html`<label class="check"><input type="checkbox" checked=${faults.value.includes(name)} onChange=${() => toggle(name)} /> <span><b>${name}</b> <span class="quiet">${about}</span></span></label>`)}
        ${!setup.faults.length && html`<p class="quiet">none here</p>`}
      </fieldset>
      <fieldset><legend>Budget of the next messages</legend>
        <div class="limits">${LIMITS.map(([name, label, step]) => html`<label>${label} <input type="number" min="0" max=${setup.budget[name] ?? undefined} step=${step} value=${budget.value[name] ?? ""} placeholder=${limitWords(name, setup.budget[name])} onInput=${(/** @type {Event} */ event) => limit(name, /** @type {HTMLInputElement} */ (event.target).value)} /></label>`)}</div>
      </fieldset>
      <fieldset><legend>Services apart</legend>
        ${services.value.map((each) => html`<p class="service"><span class=${each.up ? "up" : "down"}>${each.up ? "up" : "down"}</span> <b>${each.name}</b> <span class="quiet">of style ${each.style.toUpperCase()}</span> <button disabled=${!each.up} onClick=${() => kill(each)}>Kill it</button></p>`)}
        ${!services.value.length && html`<p class="quiet">None stands apart here. Start some: batuta up c</p>`}
      </fieldset>
      <p role="status">${said.value}</p>
    </div>
  </details>`;
}

/** @param {Limit} name @param {number | null} most */
function limitWords(name, most) {
  if (most === null || most === undefined) return "no limit";
  return name === "cost_usd" ? dollars(most) : String(most);
}

/** @param {string} name */
function toggle(name) {
  const on = faults.peek();
  faults.value = on.includes(name) ? on.filter((each) => each !== name) : [...on, name];
}

/** @param {Limit} name @param {string} given */
function limit(name, given) {
  const { [name]: _, ...others } = budget.peek();
  const value = Number(given);
  budget.value = given === "" || Number.isNaN(value) || value < 0 ? others : { ...others, [name]: value };
}

async function look() {
  try {
    services.value = (await askJson("playground/setup")).services;
  } catch (error) {
    if (!(error instanceof Refused) && !(error instanceof Lost)) throw error;
  }
}

/** @param {Setup["services"][number]} service */
async function kill({ style, name }) {
  try {
    await ask(`playground/services/${encodeURIComponent(style)}/${encodeURIComponent(name)}/kill`, { method: "POST" });
    said.value = `${name} was killed. Its keeper starts it anew.`;
  } catch (error) {
    said.value = error instanceof Error ? error.message : String(error);
  }
  await look();
}

const questions = signal(/** @type {Question[]} */ ([]));

async function lookForQuestions() {
  try {
    questions.value = (await askJson("questions")).questions;
  } catch (error) {
    if (!(error instanceof Refused) && !(error instanceof Lost)) throw error;
  }
}

/** What waits for a person to say yes or no. */
export function Questions() {
  const busy = panes.value.some((pane) => pane.busy);
  useEffect(() => {
    void lookForQuestions();
    const looking = setInterval(() => {
      if (!document.hidden) void lookForQuestions();
    }, busy ? LOOK_MS / 2 : 4 * LOOK_MS);
    return () => clearInterval(looking);
  }, [busy]);
  if (!questions.value.length) return null;
  return html`<div class="questions" role="region" aria-label="Waiting for an answer">
    ${questions.value.map((each) => html`<${QuestionView} asked=${each} key=${`${each.run_id} ${each.question}`} />`)}
  </div>`;
}

/** @param {{asked: Question}} given */
function QuestionView({ asked }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const wrong = useRef(signal(""));
  const told = /** @type {import("./vendor.js").Signal<string>} */ (wrong.current);
  /** @param {string} text */
  const answer = async (text) => {
    if (!text.trim()) return;
    try {
      await ask(`runs/${encodeURIComponent(asked.run_id)}/answer`, { body: { text } });
      await lookForQuestions();
    } catch (error) {
      told.value = error instanceof Error ? error.message : String(error);
    }
  };
  return html`<form class="question-box" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); void answer(field.current?.value ?? ""); }}>
    <p><b>${asked.yours ? "You are asked" : `${asked.person} is asked`}:</b> ${asked.question}</p>
    ${Object.keys(asked.data).length > 0 && html`<pre tabindex="0">${JSON.stringify(asked.data, null, 1)}</pre>`}
    ${asked.yours && html`<div class="line">
      <button type="button" class="main" onClick=${() => answer("yes")}>Yes</button>
      <button type="button" onClick=${() => answer("no")}>No</button>
      <input ref=${field} aria-label="Another answer" placeholder="or in words" /> <button>Say it</button>
    </div>`}
    ${told.value && html`<p class="failed" role="alert">${told.value}</p>`}
  </form>`;
}
