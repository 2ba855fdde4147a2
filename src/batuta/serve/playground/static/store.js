// @ts-check
/** What the App's store holds, and what changed in it since the page last looked; panes may have one each. */

import { Lost, Refused, ask } from "./api.js";
import { apart, dataOf, panes, setApart } from "./pane.js";
import { html, signal, useEffect } from "./vendor.js";
import { capital, counted } from "./words.js";

/** @typedef {import("./types.d.ts").Table} Table */
/** @typedef {import("./types.d.ts").Setup} Setup */
/** @typedef {{row: (string | number | null)[], kind: "new" | "gone"}} Change */

const LOOK_MS = 5000;
const MOST_CHANGES = 3;

/** One store as the page knows it. */
class Held {
  /** @param {string} data its name; empty for the server's own */
  constructor(data) {
    this.path = data ? `playground/store?data=${encodeURIComponent(data)}` : "playground/store";
    this.tables = signal(/** @type {Table[]} */ ([]));
    this.changes = signal(/** @type {Change[]} */ ([]));
    this.whose = signal("yours");
    /** Rows that came since the page was opened, by table and content. @type {import("./vendor.js").Signal<Set<string>>} */
    this.fresh = signal(new Set());
    this.tag = "";
    /** Whether the page has looked at all. */
    this.known = signal(false);
    this.asking = false;
    this.again = false;
  }

  /** Look now; looks that come too close are one. */
  async refresh() {
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    try {
      do {
        this.again = false;
        await this.#look();
      } while (this.again);
    } catch (error) {
      if (!(error instanceof Refused) && !(error instanceof Lost)) throw error;
    } finally {
      this.asking = false;
    }
  }

  async #look() {
    const response = await ask(this.path, { headers: this.tag ? { "If-None-Match": this.tag } : {} });
    if (response.status === 304) return;
    const found = await response.json();
    const first = !this.tag;
    this.tag = response.headers.get("ETag") ?? "";
    if (!first) this.#note(this.tables.peek(), found.tables);
    this.tables.value = found.tables;
    this.whose.value = found.whose;
    this.known.value = true;
  }

  /** @param {Table[]} before @param {Table[]} now */
  #note(before, now) {
    /** @type {Change[]} */
    const noted = [];
    const marked = new Set(this.fresh.peek());
    for (const table of now) {
      const rows = new Map((before.find((each) => each.name === table.name)?.rows ?? []).map((row) => [JSON.stringify(row), row]));
      for (const row of table.rows) {
        if (!rows.delete(JSON.stringify(row))) {
          noted.push({ row, kind: "new" });
          marked.add(`${table.name} ${JSON.stringify(row)}`);
        }
      }
      for (const row of rows.values()) noted.push({ row, kind: "gone" });
    }
    this.fresh.value = marked;
    this.changes.value = [...noted.reverse(), ...this.changes.peek()].slice(0, MOST_CHANGES);
  }
}

/** @type {Map<string, Held>} */
const known = new Map();
let watched = false;

/** @param {string} data */
function held(data) {
  const found = known.get(data) ?? new Held(data);
  known.set(data, found);
  return found;
}

/** Look at a store now. @param {string} [data] its name; empty for the server's own */
export async function refreshStore(data = "") {
  await held(data).refresh();
}

/** What others write in the server's own is seen by looking; a pane's own changes by its runs alone. */
function watchStore() {
  if (watched) return;
  watched = true;
  setInterval(() => {
    if (!document.hidden && panes.peek().some((pane) => !dataOf(pane))) void refreshStore();
  }, LOOK_MS);
}

/** @param {(string | number | null)[]} row */
function words(row) {
  return row.filter((each) => each !== null && each !== "").join(" · ");
}

/** The stores in a line, opened to tables. @param {{setup: Setup}} given */
export function Store({ setup }) {
  /** @type {Map<string, number[]>} */
  const stores = new Map();
  panes.value.forEach((pane, number) => stores.set(dataOf(pane), [...(stores.get(dataOf(pane)) ?? []), number + 1]));
  const names = [...stores.keys()].sort((one, other) => Number(!one) - Number(!other));
  useEffect(() => {
    watchStore();
    for (const name of names) void refreshStore(name);
  }, [names.join(" ")]);
  const each = names.map((name) => ({ name, store: held(name), title: titleOf(name, stores.get(name) ?? []) }));
  const alone = each.length === 1;
  return html`<details class="store">
    <summary>
      <b class="store-name">${alone ? "What the store holds" : "What each store holds"}</b>
      ${each.map(({ store, title }) => html`<span class="held"><span class="quiet">${alone && !apart.value ? (store.whose.value === "all" ? "everybody's" : "yours") : title}: ${sums(store)}</span>
        <span class="changes" role="log" aria-label=${alone ? "Changes of the store" : `Changes of the store of ${title}`}>
          ${store.changes.value.map(({ row, kind }) => html`<span class=${`change ${kind}`}>${kind === "new" ? "+ " : "− "}${words(row)}</span>`)}
        </span></span>`)}
    </summary>
    <${Switch} setup=${setup} />
    <div class="store-tables" tabindex="0" role="region" aria-label="Tables of the store">
      ${each.map(({ store, title }) => html`<${Tables} store=${store} title=${alone ? "" : `, ${title}`} />`)}
    </div>
  </details>`;
}

/** @param {string} name @param {number[]} numbers */
function titleOf(name, numbers) {
  const those = `${numbers.length === 1 ? "pane" : "panes"} ${numbers.join(", ")}`;
  return name ? those : apart.value ? `the server's own, ${those}` : those;
}

/** @param {Held} store */
function sums(store) {
  if (!store.known.value) return "…";
  return store.tables.value.map((table) => `${counted(table.rows.length, "row")} in ${table.name}`).join(", ") || "nothing";
}

/** Whether panes share a store, or why they must. @param {{setup: Setup}} given */
function Switch({ setup }) {
  if (!setup.copies.available) return html`<p class="store-switch quiet">All panes share one store: ${setup.copies.missing}.</p>`;
  return html`<label class="check store-switch"><input type="checkbox" checked=${apart.value} onChange=${() => setApart(!apart.peek())} />
    <span>Each pane has a store of its own, which begins empty and ends with the server. <span class="quiet">To change it begins new conversations. Agents that run elsewhere use the server's own.</span></span></label>`;
}

/** @param {{store: Held, title: string}} given */
function Tables({ store, title }) {
  return store.tables.value.map(
    (table) => html`<table>
      <caption>${capital(table.name)}${title}</caption>
      <thead><tr>${table.columns.map((name) => html`<th scope="col">${name.replaceAll("_", " ")}</th>`)}<th scope="col"><span class="unseen">since you are here</span></th></tr></thead>
      <tbody>
        ${table.rows.map((row) => {
          const isNew = store.fresh.value.has(`${table.name} ${JSON.stringify(row)}`);
          return html`<tr class=${isNew ? "new" : ""}>${row.map((cell) => html`<td>${cell}</td>`)}<td>${isNew && "new"}</td></tr>`;
        })}
        ${!table.rows.length && html`<tr><td colspan=${table.columns.length + 1} class="quiet">empty</td></tr>`}
      </tbody>
    </table>`,
  );
}
