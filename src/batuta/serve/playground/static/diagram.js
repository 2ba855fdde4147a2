// @ts-check
/** A sequence diagram that grows row by row: own SVG, in pieces that are drawn once they come into view. */

import { failed, label } from "./arrows.js";
import { later } from "./frames.js";
import { DECIDERS, money, oneLine } from "./words.js";

/** @typedef {import("./types.d.ts").Row} Row */
/** @typedef {import("./types.d.ts").Party} Party */
/** @typedef {import("./arrows.js").Walk} Walk */
/** Rows that are drawn together. @typedef {{holder: HTMLElement, first: number, count: number, height: number, drawn: number, top: number, svg: SVGElement | null}} Piece */

const NS = "http://www.w3.org/2000/svg";
const PIECE = 25;
/** Pieces so near the view are drawn before they are in it. */
const NEAR = "300px 0px";
/** How many rows of all are given their place in a frame, which draws nothing. */
const PLACED_A_FRAME = 400;
/** What is drawn must be laid out too, which takes the browser longer than to draw it. */
const ROWS_A_FRAME = 12;
const TALL = 36;
const SHORT = 16;
const MARGIN = 6;
const FONT = "11.5px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
/** Names that stand aslant take so much of their length in height. */
const SLOPE = 0.6;
const LONGEST_NAME_PX = 110;
const FOLLOW_MS = 1500;
/** To scroll makes the browser lay everything out, so it is not done in each frame. */
const FOLLOW_EACH_MS = 300;

/** @param {string} kind @param {Record<string, string | number>} attributes @param {string} [text] */
function element(kind, attributes, text) {
  const made = document.createElementNS(NS, kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

const ruler = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));

/** Give the pixels that a text takes. @param {string} text @param {boolean} [bold] */
function wide(text, bold = false) {
  ruler.font = bold ? `700 ${FONT}` : FONT;
  return ruler.measureText(text).width;
}

/** Cut a text to what fits. @param {string} text @param {number} most @param {boolean} [bold] */
function fitted(text, most, bold = false) {
  let kept = text;
  for (let took = wide(kept, bold); took > most && kept.length > 2; took = wide(kept, bold)) {
    const letters = Math.min(kept.length - 1, Math.floor((kept.length * most) / took));
    kept = `${[...kept.slice(0, Math.max(1, letters - 1))].join("").trimEnd()}…`;
  }
  return kept;
}

/** Models share a lane, and so do tools: their names stand in the rows. @param {Party} party */
function lane(party) {
  return party.kind === "agent" ? `agent ${party.name}` : party.kind;
}

/** @param {Party} party */
function heading(party) {
  return { user: "you", model: "model", tool: "tools", agent: party.name }[party.kind];
}

export class Diagram {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
    this.head = document.createElement("div");
    this.head.className = "lanes";
    this.body = document.createElement("div");
    this.body.className = "rows";
    place.replaceChildren(this.head, this.body);
    /** @type {Walk | null} */
    this.walk = null;
    /** @type {Map<string, Party>} */
    this.lanes = new Map();
    this.seen = 0;
    this.width = 0;
    /** How many rows have their place. */
    this.placed = 0;
    /** @type {Piece[]} */
    this.pieces = [];
    /** Those near the view. @type {Set<Piece>} */
    this.near = new Set();
    this.follows = true;
    this.began = 0;
    this.followed = 0;
    place.addEventListener("scroll", () => {
      this.follows = place.scrollTop + place.clientHeight > place.scrollHeight - 2 * TALL;
    }, { passive: true });
    this.body.addEventListener("pointerover", (event) => this.#tell(/** @type {Element} */ (event.target).closest("[data-row]")));
    this.resized = new ResizeObserver(() => this.#measure());
    this.resized.observe(place);
    this.viewed = new IntersectionObserver((seen) => this.#look(seen), { root: place, rootMargin: NEAR });
  }

  /** Show a run from its begin. @param {Walk} walk */
  show(walk) {
    if (this.walk === walk) return this.more();
    this.walk = walk;
    this.lanes.clear();
    this.seen = 0;
    this.follows = true;
    this.began = performance.now();
    this.place.scrollTop = 0;
    this.placed = 0;
    this.pieces = [];
    this.near.clear();
    this.viewed.disconnect();
    this.body.replaceChildren();
    this.body.dataset.rows = "0";
    this.more();
  }

  /** Draw what is new. */
  more() {
    later(this.#work);
  }

  /** The run is over: stand at its begin, where nobody has scrolled elsewhere. */
  rest() {
    if (this.follows) this.place.scrollTop = 0;
    this.began = Infinity;
  }

  close() {
    this.resized.disconnect();
    this.viewed.disconnect();
    this.walk = null;
  }

  /** Say the whole of a row to who points at it. @param {Element | null} drawn */
  #tell(drawn) {
    const row = this.walk?.rows[Number(drawn?.getAttribute("data-row"))];
    if (!drawn || !row || drawn.querySelector("title")) return;
    const back = row.shape === "reply" || row.shape === "cut";
    drawn.prepend(element("title", {}, `${back ? "" : `${DECIDERS[row.event.by]}: `}${label(row)}${figures(row)}`));
  }

  #measure() {
    const width = this.place.clientWidth;
    if (width === this.width || !width) return;
    this.width = width;
    this.#anew();
    this.more();
  }

  /** Leave what is drawn; where it stands stays. */
  #anew() {
    for (const piece of this.pieces) {
      piece.drawn = 0;
      piece.svg = null;
      piece.holder.replaceChildren();
    }
  }

  /** @param {IntersectionObserverEntry[]} seen */
  #look(seen) {
    const of = new Map(this.pieces.map((piece) => [/** @type {Element} */ (piece.holder), piece]));
    for (const { target, isIntersecting } of seen) {
      const piece = of.get(target);
      if (piece && isIntersecting) this.near.add(piece);
      else if (piece) this.near.delete(piece);
    }
    if (this.near.size) this.more();
  }

  /** @param {number} until */
  #work = (until) => {
    const { walk } = this;
    if (!walk || !this.width) return false;
    if (this.#meet(walk.rows)) {
      this.#anew();
      this.#headings();
    }
    this.#place(walk.rows, until);
    let room = ROWS_A_FRAME;
    let left = this.placed < walk.rows.length;
    for (const piece of this.near) {
      room -= this.#draw(walk.rows, piece, room, until);
      left ||= piece.drawn < piece.count;
    }
    // What is over in a moment is read from its begin; what takes long is followed.
    const now = performance.now();
    if (this.follows && now - this.began > FOLLOW_MS && now > this.followed + FOLLOW_EACH_MS) {
      this.followed = now;
      this.place.scrollTop = this.place.scrollHeight;
    }
    return left;
  };

  /** Give rows their place, so that the diagram is as high as it will be. @param {Row[]} rows @param {number} until */
  #place(rows, until) {
    const most = Math.min(rows.length, this.placed + PLACED_A_FRAME);
    const from = Math.floor(this.placed / PIECE);
    while (this.placed < most && performance.now() < until) {
      const piece = this.#pieceOf(this.placed);
      piece.height += heightOf(rows[this.placed++]);
      piece.count += 1;
    }
    for (const piece of this.pieces.slice(from)) piece.holder.style.height = `${piece.height}px`;
    this.body.dataset.rows = String(this.placed);
  }

  /** @param {number} number @returns {Piece} */
  #pieceOf(number) {
    const at = Math.floor(number / PIECE);
    if (at < this.pieces.length) return this.pieces[at];
    const holder = document.createElement("div");
    holder.className = "piece";
    const piece = { holder, first: number, count: 0, height: 0, drawn: 0, top: 0, svg: null };
    this.pieces.push(piece);
    this.body.append(holder);
    this.viewed.observe(holder);
    return piece;
  }

  /** Give a lane to everybody who is new; tell whether there was one. @param {Row[]} rows */
  #meet(rows) {
    const before = this.lanes.size;
    for (; this.seen < rows.length; this.seen++) {
      for (const party of [rows[this.seen].source, rows[this.seen].target]) {
        if (!this.lanes.has(lane(party))) this.lanes.set(lane(party), party);
      }
    }
    this.places = this.#places();
    return this.lanes.size !== before;
  }

  #places() {
    const names = [...this.lanes.keys()];
    const step = this.width / Math.max(names.length, 1);
    return new Map(names.map((name, at) => [name, Math.round((at + 0.5) * step)]));
  }

  #headings() {
    const step = this.width / Math.max(this.lanes.size, 1);
    const longest = Math.max(...[...this.lanes.values()].map((party) => wide(heading(party), true)));
    const aslant = longest > step - 6;
    const height = aslant ? Math.ceil(24 + Math.min(longest, LONGEST_NAME_PX) * SLOPE) : 26;
    const svg = element("svg", { width: this.width, height, "aria-hidden": "true" });
    for (const [name, party] of this.lanes) {
      const x = /** @type {number} */ (this.places?.get(name));
      const said = fitted(oneLine(heading(party)), aslant ? LONGEST_NAME_PX : step - 6, true);
      /** @type {Record<string, string>} */
      const turn = aslant ? { transform: `rotate(36 ${x} ${height - 8})`, "text-anchor": "end" } : { "text-anchor": "middle" };
      const text = element("text", { x, y: height - 8, class: `party ${party.kind}`, ...turn }, said);
      text.append(element("title", {}, party.name));
      svg.append(text, element("line", { x1: x, x2: x, y1: height - 4, y2: height, class: "life" }));
    }
    this.head.replaceChildren(svg);
  }

  /**
   * Draw a piece or what is left of one; tell how many rows of it were drawn.
   * @param {Row[]} rows @param {Piece} piece @param {number} most @param {number} until
   */
  #draw(rows, piece, most, until) {
    const last = Math.min(piece.count, piece.drawn + most);
    if (piece.drawn >= last) return 0;
    const svg = (piece.svg ??= this.#begin(piece));
    const before = piece.drawn;
    while (piece.drawn < last && performance.now() < until) {
      const number = piece.first + piece.drawn;
      piece.top += this.#row(svg, rows[number], number, piece.top);
      piece.drawn += 1;
    }
    svg.setAttribute("height", String(piece.top));
    for (const life of svg.querySelectorAll(".life")) life.setAttribute("y2", String(piece.top));
    return piece.drawn - before;
  }

  /** @param {Piece} piece @returns {SVGElement} */
  #begin(piece) {
    piece.top = 0;
    const svg = /** @type {SVGElement} */ (element("svg", { width: this.width, height: 0, "aria-hidden": "true" }));
    for (const x of this.places?.values() ?? []) svg.append(element("line", { x1: x, x2: x, y1: 0, y2: 0, class: "life" }));
    piece.holder.append(svg);
    return svg;
  }

  /** @param {SVGElement} svg @param {Row} row @param {number} number @param {number} top */
  #row(svg, row, number, top) {
    const from = this.places?.get(lane(row.source)) ?? 0;
    const to = this.places?.get(lane(row.target)) ?? 0;
    const back = row.shape === "reply" || row.shape === "cut";
    const said = label(row) + figures(row);
    const height = heightOf(row);
    const y = top + height - (said ? 8 : 6);
    const classes = ["row", `by-${row.event.by}`, row.shape, failed(row) ? "failed" : "", row.event.data?.done ? "done" : ""];
    const group = element("g", { class: classes.filter(Boolean).join(" "), "data-row": number });
    if (said) group.append(this.#label(row, said, Math.min(from, to), y - 7, back));
    if (from === to) group.append(element("circle", { cx: from, cy: y, r: 4, class: "dot" }));
    else group.append(...arrow(from, to, y));
    svg.append(group);
    return height;
  }

  /** @param {Row} row @param {string} said @param {number} x @param {number} y @param {boolean} back */
  #label(row, said, x, y, back) {
    const by = back ? "" : DECIDERS[row.event.by];
    const bold = Boolean(row.event.data?.done);
    const spent = figures(row);
    const room = this.width - 2 * MARGIN - (by ? wide(by, true) + 6 : 0) - wide(spent, bold);
    const text = fitted(said.slice(0, said.length - spent.length), room, bold) + spent;
    const took = wide(text, bold) + (by ? wide(by, true) + 6 : 0);
    const at = Math.max(MARGIN, Math.min(x + MARGIN, this.width - MARGIN - took));
    const made = element("text", { x: Math.round(at), y });
    if (by) made.append(element("tspan", { class: "by" }, by));
    made.append(element("tspan", by ? { dx: 6 } : {}, text));
    return made;
  }
}

/** @param {Row} row */
function heightOf(row) {
  return label(row) || figures(row) ? TALL : SHORT;
}

/** @param {number} from @param {number} to @param {number} y */
function arrow(from, to, y) {
  const side = to > from ? 1 : -1;
  return [
    element("line", { x1: from, x2: to - 2 * side, y1: y, y2: y, class: "shaft" }),
    element("path", { d: `M${to - side} ${y}l${-8 * side} -4v8z`, class: "tip" }),
  ];
}

/** @param {Row} row */
export function figures({ shape, event }) {
  if (shape !== "reply" || !event.usage) return "";
  const tokens = event.usage.input_tokens + event.usage.output_tokens;
  const spent = !event.cost || event.cost.usd === 0 ? "" : `, ${money(event.cost)}`;
  return ` · ${tokens} tokens${spent}`;
}
