// @ts-check
/** The diagram as a list: who decided what, and what came of it. It grows as the diagram does. */

import { failed, label } from "./arrows.js";
import { figures } from "./diagram.js";
import { later } from "./frames.js";
import { DECIDERS, seconds } from "./words.js";

/** @typedef {import("./types.d.ts").Row} Row */
/** @typedef {import("./arrows.js").Walk} Walk */

/** Deeper ones are not set in further. */
const DEEPEST = 6;
const ROWS_A_FRAME = 40;

/** @param {string} kind @param {string} className @param {string} [text] */
function element(kind, className, text = "") {
  const made = document.createElement(kind);
  made.className = className;
  made.textContent = text;
  return made;
}

export class Steps {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
    /** @type {Walk | null} */
    this.walk = null;
    this.drawn = 0;
    /** @type {Map<number, HTMLElement>} */
    this.items = new Map();
  }

  /** @param {Walk} walk */
  show(walk) {
    if (walk !== this.walk) {
      this.walk = walk;
      this.drawn = 0;
      this.items.clear();
      this.place.replaceChildren();
    }
    later(this.#work);
  }

  close() {
    this.walk = null;
  }

  /** @param {number} until */
  #work = (until) => {
    const rows = this.walk?.rows ?? [];
    const most = Math.min(rows.length, this.drawn + ROWS_A_FRAME);
    while (this.drawn < most && performance.now() < until) this.#add(rows[this.drawn++]);
    return this.drawn < rows.length;
  };

  /** @param {Row} row */
  #add(row) {
    if (row.shape === "reply" || row.shape === "cut") {
      this.#end(row);
      return;
    }
    const { by } = row.event;
    const item = element("li", `step depth-${Math.min(row.depth, DEEPEST)}`);
    const line = element("p", "what");
    line.append(element("span", `by by-${by}`, DECIDERS[by]), " ");
    line.append(element("span", "kind", kindOf(row)), ` ${label(row)}`);
    item.append(line);
    this.items.set(row.call, item);
    this.place.append(item);
  }

  /** @param {Row} row */
  #end(row) {
    const item = this.items.get(row.call);
    if (!item || !this.walk) return;
    const took = row.shape === "reply" ? seconds(Math.max(0, row.event.at_s - this.walk.rows[row.call].event.at_s)) : "";
    const bad = failed(row);
    const came = [label(row) + figures(row), took].filter(Boolean).join(" · ");
    item.append(element("p", bad ? "came failed" : "came", `${bad ? "failed: " : "→ "}${came}`));
    const data = { asked: this.walk.rows[row.call].event.data, came: row.event.data };
    if (data.asked || data.came) item.append(whole(data, label(this.walk.rows[row.call])));
  }
}

/** @param {Row} row */
function kindOf({ event, shape, target }) {
  if (shape === "note") return event.kind === "decision" ? "decided" : event.kind;
  if (event.kind === "model") return `called the model ${target.name}:`;
  if (event.kind === "tool") return "called the tool";
  if (event.kind === "step") return "took the";
  return `called ${target.name}:`;
}

/** All that an event tells, opened on demand. @param {Record<string, unknown>} data @param {string} of */
function whole(data, of) {
  const more = document.createElement("details");
  const name = element("summary", "", "all of it");
  name.setAttribute("aria-label", `all of it: ${of}`);
  more.append(name);
  more.addEventListener("toggle", () => {
    if (more.open && more.childElementCount === 1) {
      const text = element("pre", "", JSON.stringify(data, null, 2));
      text.tabIndex = 0;
      more.append(text);
    }
  });
  return more;
}
