// @ts-check
/** Opens the page: what can be chosen here first, then the panes. */

import { Lost, Refused, answering, askJson, key, keyWanted, pause, watch } from "./api.js";
import { openPanes } from "./pane.js";
import { Shell } from "./shell.js";
import { effect, html, render, signal } from "./vendor.js";

/** @typedef {import("./types.d.ts").Setup} Setup */

const setup = signal(/** @type {Setup | null} */ (null));
const trouble = signal("");

async function open() {
  for (;;) {
    try {
      const found = await askJson("playground/setup");
      document.title = found.app.title || found.app.name;
      if (!setup.peek()) openPanes(found);
      setup.value = found;
      trouble.value = "";
      return;
    } catch (error) {
      if (error instanceof Refused) {
        if (error.problem.status === 401) return;
        trouble.value = error.message;
        await pause(2000);
      } else if (error instanceof Lost) await answering();
      else throw error;
    }
  }
}

const page = /** @type {HTMLElement} */ (document.getElementById("page"));
page.replaceChildren();
render(html`<${Shell} setup=${setup} trouble=${trouble} again=${open} />`, page);
watch();

let before = key.peek();
void open();
effect(() => {
  // Whoever signs in anew may see other things.
  if (key.value !== before && !keyWanted.value) {
    before = key.value;
    void open();
  }
});
