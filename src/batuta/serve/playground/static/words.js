// @ts-check
/** How figures and names read on the page. */

/** @typedef {import("./types.d.ts").Decider} Decider */
/** @typedef {import("./types.d.ts").Cost} Cost */

/** @type {Record<Decider, string>} */
export const DECIDERS = {
  code: "code",
  workflow: "workflow",
  model: "model",
  agent: "agent",
  manager: "manager",
  aws: "AWS",
  user: "you",
};

/** @type {Record<Decider, string>} */
export const MEANINGS = {
  code: "your code decided it: a line of a program, the same each time",
  workflow: "a step of a fixed order decided it",
  model: "the model's reply asked for it",
  agent: "an agent that holds its own loop decided it",
  manager: "a manager of agents decided it",
  aws: "AWS decided it, in a loop of its own",
  user: "you asked for it",
};

const MOST = 72;

/** Shorten to one printable line. @param {unknown} text @param {number} [most] */
export function oneLine(text, most = MOST) {
  const whole = String(text ?? "");
  const words = whole.slice(0, 4 * most).split(/\s+/u).filter(Boolean).join(" ");
  const kept = words.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}]/gu, "\ufffd");
  return kept.length <= most && whole.length <= 4 * most ? kept : `${kept.slice(0, most - 1)}…`;
}

/** @param {number} count @param {string} what */
export function counted(count, what) {
  return `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
}

/** @param {number} count */
export function grouped(count) {
  return count.toLocaleString("en-US").replaceAll(",", "\u202f");
}

/** Say a round number in little room. @param {number} count */
export function short(count) {
  return count >= 10_000 && count % 1000 === 0 ? `${grouped(count / 1000)}k` : grouped(count);
}

/** @param {Cost} cost */
export function money(cost) {
  const known = dollars(cost.known_usd);
  if (cost.usd !== null) return known;
  return cost.known_usd ? `unknown, at least ${known}` : "unknown";
}

/** @param {number} usd */
export function dollars(usd) {
  return `$${usd.toFixed(6).replace(/\.?0+$/u, "")}`;
}

/** @param {number} s */
export function seconds(s) {
  if (s >= 100) return `${Math.round(s)} s`;
  return s >= 1 ? `${s.toFixed(1)} s` : `${Math.round(s * 1000)} ms`;
}

/** Say when something was, in the reader's own way. @param {string | null | undefined} iso */
export function when(iso) {
  if (!iso) return "";
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  return at.toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}

/** @param {string} text */
export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
