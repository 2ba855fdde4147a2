// @ts-check
/** Two runs step by step: what both did, what one did otherwise, and what one did alone. */

import { label } from "./arrows.js";

/** @typedef {import("./types.d.ts").Row} Row */
/** @typedef {{kind: "same" | "otherwise" | "left" | "right", left: Row | null, right: Row | null}} Pair */

/** More than so many comparisons would hold the page up. */
const MOST = 1_000_000;

/** @param {Row[]} rows */
export function steps(rows) {
  return rows.filter((row) => row.shape === "call" || row.shape === "note");
}

/** What a step is, without what it was given. @param {Row} row */
function what({ event }) {
  if (!event.parent && event.kind === "agent") return "the run";
  return `${event.kind} ${event.kind === "decision" ? "" : event.name}`;
}

/** @param {Row} row */
function whole(row) {
  return `${row.event.by} ${row.event.kind} ${row.event.name} ${label(row)}`;
}

/** Lay two lists of steps beside each other, by their longest common sequence. @param {Row[]} left @param {Row[]} right @returns {Pair[]} */
export function pairs(left, right) {
  if (left.length * right.length > MOST) return byPlace(left, right);
  const wide = right.length + 1;
  const best = new Uint16Array((left.length + 1) * wide);
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      best[i * wide + j] = what(left[i]) === what(right[j]) ? best[(i + 1) * wide + j + 1] + 1 : Math.max(best[(i + 1) * wide + j], best[i * wide + j + 1]);
    }
  }
  const made = /** @type {Pair[]} */ ([]);
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && what(left[i]) === what(right[j])) made.push(both(left[i++], right[j++]));
    else if (j >= right.length || (i < left.length && best[(i + 1) * wide + j] >= best[i * wide + j + 1])) made.push({ kind: "left", left: left[i++], right: null });
    else made.push({ kind: "right", left: null, right: right[j++] });
  }
  return made;
}

/** @param {Row} left @param {Row} right @returns {Pair} */
function both(left, right) {
  return { kind: whole(left) === whole(right) ? "same" : "otherwise", left, right };
}

/** @param {Row[]} left @param {Row[]} right @returns {Pair[]} */
function byPlace(left, right) {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, at) => {
    if (at >= left.length) return { kind: "right", left: null, right: right[at] };
    if (at >= right.length) return { kind: "left", left: left[at], right: null };
    return both(left[at], right[at]);
  });
}
