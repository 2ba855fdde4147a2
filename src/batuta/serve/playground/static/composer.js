// @ts-check
/** Where a message is written, and to whom it goes. */

import { later } from "./frames.js";
import { labChoices } from "./lab.js";
import { panes } from "./pane.js";
import { html, signal, useRef } from "./vendor.js";
import { grouped } from "./words.js";

/** @typedef {import("./types.d.ts").Setup} Setup */

const ALL = "all";
const draft = signal("");
const target = signal(ALL);

/** @param {{setup: Setup}} given */
export function Composer({ setup }) {
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const most = setup.limits.message_chars;
  const length = [...draft.value.trim()].length;
  const open = panes.value;
  const chosen = open.find((pane) => pane.id === target.value);
  const to = chosen ? [chosen] : open;
  const free = to.filter((pane) => !pane.busy);
  const fresh = open.every((pane) => !pane.turns.value.length);
  const long = length > most;

  const send = () => {
    const text = draft.peek().trim();
    if (!text || long || !free.length) return;
    const choices = labChoices(setup);
    for (const pane of free) {
      later(() => {
        void pane.say(text, choices);
        return false;
      });
    }
    draft.value = "";
    field.current?.focus();
  };
  /** @param {KeyboardEvent} event */
  const typed = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  /** @param {Event} event */
  const submitted = (event) => {
    event.preventDefault();
    send();
  };
  /** @param {string} text */
  const suggest = (text) => {
    draft.value = text;
    send();
  };

  return html`<form class="composer" onSubmit=${submitted}>
    ${fresh && setup.app.suggestions.length > 0 && html`<div class="suggestions" role="group" aria-label="Suggestions">
      ${setup.app.suggestions.map((text) => html`<button type="button" onClick=${() => suggest(text)}>${text}</button>`)}
    </div>`}
    <div class="line">
      <label class="unseen" for="message">Message</label>
      <textarea id="message" ref=${field} rows="1" placeholder="Say what you want" value=${draft.value} aria-describedby="message-says"
        onInput=${(/** @type {Event} */ event) => (draft.value = /** @type {HTMLTextAreaElement} */ (event.target).value)} onKeyDown=${typed}></textarea>
      <label class="unseen" for="target">To</label>
      <select id="target" value=${chosen ? chosen.id : ALL} onChange=${(/** @type {Event} */ event) => (target.value = /** @type {HTMLSelectElement} */ (event.target).value)}>
        <option value=${ALL}>to all panes</option>
        ${open.map((pane, number) => html`<option value=${pane.id}>to pane ${number + 1}: ${setup.styles.find((each) => each.key === pane.chosen.value.style)?.name}</option>`)}
      </select>
      <button class="main" disabled=${!length || long || !free.length}>Send</button>
    </div>
    <p id="message-says" class=${long ? "says failed" : "says"} role=${long ? "alert" : undefined}>
      ${long ? `This message has ${grouped(length)} characters; this server takes ${grouped(most)}. Shorten it.` : free.length < to.length ? "A pane still answers: it gets this message only if you wait." : ""}
    </p>
  </form>`;
}
