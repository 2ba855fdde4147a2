// @ts-check
/** What stands around every view: name, ways to go, the state of the server, and the sign-in. */

import { key, keyWanted, server, signIn } from "./api.js";
import { Compare } from "./compare.js";
import { Costs } from "./costs.js";
import { History } from "./history.js";
import { place, spoken } from "./place.js";
import { Reports } from "./reports.js";
import { RunPage } from "./run_page.js";
import { Stage } from "./stage.js";
import { html, useEffect, useRef } from "./vendor.js";

/** @typedef {import("./types.d.ts").Setup} Setup */
/** @template T @typedef {import("./vendor.js").Signal<T>} Signal */

const BACK_MS = 4000;

/** @param {{setup: Signal<Setup | null>, trouble: Signal<string>, again: () => void}} given */
export function Shell({ setup, trouble }) {
  const known = setup.value;
  return html`
    <a class="skip" href="#main" onClick=${toMain}>${place.value.split("/")[1] ? "To the content" : "To the message"}</a>
    <${Head} setup=${known} />
    <${Banner} />
    ${keyWanted.value && html`<${SignIn} />`}
    <main id="main" tabindex="-1">
      ${known ? html`<${View} setup=${known} />` : html`<p class="loading" role="status">${trouble.value || (keyWanted.value ? "" : "Opening…")}</p>`}
    </main>
    <div class="unseen" role="log" aria-label="Answers">${spoken.value.map(({ id, text }) => html`<p key=${id}>${text}</p>`)}</div>
  `;
}

/** @param {Event} event */
function toMain(event) {
  event.preventDefault();
  (document.getElementById("message") ?? document.getElementById("main"))?.focus();
}

/** @param {{setup: Setup | null}} given */
function Head({ setup }) {
  const at = place.value.split("/")[1] || "";
  const ways = [["", "Play"], ["history", "History"], ["costs", "Costs"], ...(setup?.reports ? [["reports", "Lab reports"]] : [])];
  return html`<header class="top">
    <h1><${Baton} /><span>${setup ? setup.app.title || setup.app.name : "Batuta"}</span></h1>
    <nav aria-label="Views">
      ${ways.map(([to, name]) => html`<a href=${`#/${to}`} aria-current=${at === to ? "page" : undefined}>${name}</a>`)}
    </nav>
    <p class="who">
      ${setup?.lab && html`<span class="tag">lab</span>`}
      ${key.value && html`<span>${setup?.person.name}</span> <button class="plain" onClick=${() => { signIn(""); location.reload(); }}>Sign out</button>`}
    </p>
  </header>`;
}

function Baton() {
  return html`<svg class="baton-mark" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
    <path d="M5.5 18.5 18 6" stroke="currentColor" stroke-width="2" stroke-linecap="round" fill="none" />
    <circle cx="6" cy="18" r="3" class="knob" />
  </svg>`;
}

function Banner() {
  useEffect(() => {
    if (server.value !== "back") return;
    const over = setTimeout(() => (server.value = "here"), BACK_MS);
    return () => clearTimeout(over);
  }, [server.value]);
  if (server.value === "gone") {
    return html`<p class="banner gone" role="alert">The server does not answer. This page looks for it, and goes on where it was.</p>`;
  }
  return server.value === "back" && html`<p class="banner" role="status">The server is back.</p>`;
}

function SignIn() {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => field.current?.focus(), []);
  /** @param {Event} event */
  const send = (event) => {
    event.preventDefault();
    const given = field.current?.value.trim() ?? "";
    if (given) signIn(given);
  };
  return html`<form class="sign-in" onSubmit=${send} aria-labelledby="sign-in">
    <h2 id="sign-in">Sign in</h2>
    <p>${keyWanted.value}</p>
    <label>Key <input ref=${field} type="password" autocomplete="off" spellcheck=${false} required /></label>
    <button class="main">Sign in</button>
    <p class="quiet">It is kept in this tab until you close it, and sent to this server alone.</p>
  </form>`;
}

/** @param {{setup: Setup}} given */
function View({ setup }) {
  const [, name = "", one = "", other = ""] = place.value.split("/").map(decodeURIComponent);
  // The panes stay as they are while another view is open: what runs in them goes on.
  const views = {
    history: () => html`<${History} />`,
    costs: () => html`<${Costs} />`,
    reports: () => html`<${Reports} />`,
    run: () => html`<${RunPage} id=${one} key=${one} setup=${setup} />`,
    compare: () => html`<${Compare} one=${one} other=${other} key=${`${one} ${other}`} />`,
  };
  const view = views[/** @type {keyof typeof views} */ (name)];
  return view ? html`<div class="view">${view()}</div>` : html`<${Stage} setup=${setup} />`;
}
