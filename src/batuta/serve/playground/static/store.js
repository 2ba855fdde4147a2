// @ts-check
/** What the App's store holds, and what changed in it since the page last looked. */

import { Lost, Refused, ask } from "./api.js";
import { html, signal } from "./vendor.js";
import { capital, counted } from "./words.js";

/** @typedef {import("./types.d.ts").Table} Table */
/** @typedef {{table: string, columns: string[], row: (string | number | null)[], kind: "new" | "gone"}} Change */

const LOOK_MS = 5000;
const MOST_CHANGES = 6;

export const tables = signal(/** @type {Table[]} */ ([]));
export const changes = signal(/** @type {Change[]} */ ([]));
const whose = signal("yours");
/** Rows that came since the page was opened, by table and content. @type {import("./vendor.js").Signal<Set<string>>} */
const fresh = signal(new Set());
let tag = "";
let asking = false;
let again = false;
let watched = false;

/** Look at the store now; looks that come too close are one. */
export async function refreshStore() {
  watchStore();
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    do {
      again = false;
      await look();
    } while (again);
  } catch (error) {
    if (!(error instanceof Refused) && !(error instanceof Lost)) throw error;
  } finally {
    asking = false;
  }
}

function watchStore() {
  if (watched) return;
  watched = true;
  setInterval(() => {
    if (!document.hidden) void refreshStore();
  }, LOOK_MS);
}

async function look() {
  const response = await ask("playground/store", { headers: tag ? { "If-None-Match": tag } : {} });
  if (response.status === 304) return;
  const found = await response.json();
  const first = !tag;
  tag = response.headers.get("ETag") ?? "";
  if (!first) note(tables.peek(), found.tables);
  tables.value = found.tables;
  whose.value = found.whose;
}

/** @param {Table[]} before @param {Table[]} now */
function note(before, now) {
  /** @type {Change[]} */
  const noted = [];
  const marked = new Set(fresh.peek());
  for (const table of now) {
    const rows = new Map((before.find((each) => each.name === table.name)?.rows ?? []).map((row) => [JSON.stringify(row), row]));
    for (const row of table.rows) {
      if (!rows.delete(JSON.stringify(row))) {
        noted.push({ table: table.name, columns: table.columns, row, kind: "new" });
        marked.add(`${table.name} ${JSON.stringify(row)}`);
      }
    }
    for (const row of rows.values()) noted.push({ table: table.name, columns: table.columns, row, kind: "gone" });
  }
  fresh.value = marked;
  changes.value = [...noted.reverse(), ...changes.peek()].slice(0, MOST_CHANGES);
}

/** @param {(string | number | null)[]} row */
function words(row) {
  return row.filter((each) => each !== null && each !== "").join(" · ");
}

/** The store in a line, opened to tables. */
export function Store() {
  const sums = tables.value.map((table) => `${counted(table.rows.length, "row")} in ${table.name}`).join(", ");
  return html`<details class="store">
    <summary>
      <span class="store-name">What the store holds</span>
      <span class="quiet">${whose.value === "all" ? "everybody's" : "yours"}: ${sums || "nothing"}</span>
      <span class="changes" role="log" aria-label="Changes of the store">
        ${changes.value.slice(0, 3).map((each) => html`<span class=${`change ${each.kind}`}>${each.kind === "new" ? "+ " : "− "}${words(each.row)}</span>`)}
      </span>
    </summary>
    <div class="store-tables" tabindex="0" role="region" aria-label="Tables of the store">
      ${tables.value.map(
        (table) => html`<table>
          <caption>${capital(table.name)}</caption>
          <thead><tr>${table.columns.map((name) => html`<th scope="col">${name.replaceAll("_", " ")}</th>`)}<th scope="col"><span class="unseen">since you are here</span></th></tr></thead>
          <tbody>
            ${table.rows.map((row) => {
              const isNew = fresh.value.has(`${table.name} ${JSON.stringify(row)}`);
              return html`<tr class=${isNew ? "new" : ""}>${row.map((cell) => html`<td>${cell}</td>`)}<td>${isNew && "new"}</td></tr>`;
            })}
            ${!table.rows.length && html`<tr><td colspan=${table.columns.length + 1} class="quiet">empty</td></tr>`}
          </tbody>
        </table>`,
      )}
    </div>
  </details>`;
}
