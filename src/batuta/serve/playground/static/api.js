// @ts-check
/** Requests to the page's own server, and what is known of it: whether it answers, whether it wants a key. */

import { signal } from "./vendor.js";

/** @typedef {import("./types.d.ts").Problem} Problem */

const KEPT = "batuta.key";
const ASK_AGAIN_MS = 1500;
const QUIET_MS = 10_000;

/** The caller's key, of this tab alone. */
export const key = signal(sessionStorage.getItem(KEPT) ?? "");
/** Whether a key is asked for now, and why. */
export const keyWanted = signal("");
/** Whether the server answers; back is that it does again. @type {import("./vendor.js").Signal<"here" | "gone" | "back">} */
export const server = signal("here");

/** The server said no. */
export class Refused extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** The server did not answer, or the line was lost. */
export class Lost extends Error {}

/** @typedef {{method?: string, body?: unknown, headers?: Record<string, string>, signal?: AbortSignal}} Options */

/**
 * Ask the server; an error is a Refused with its problem, or a Lost.
 * @param {string} path
 * @param {Options} [options]
 */
export async function ask(path, { method, body, headers, signal } = {}) {
  /** @type {Record<string, string>} */
  const sent = { Accept: "application/json", ...headers };
  if (key.peek()) sent.Authorization = `Bearer ${key.peek()}`;
  if (body !== undefined) sent["Content-Type"] = "application/json";
  const init = { method: method ?? (body === undefined ? "GET" : "POST"), headers: sent, signal };
  let response;
  try {
    response = await fetch(path, body === undefined ? init : { ...init, body: JSON.stringify(body) });
  } catch (error) {
    if (signal?.aborted) throw error;
    gone();
    throw new Lost("The server does not answer.");
  }
  if (response.ok || response.status === 304) return response;
  const problem = await problemOf(response);
  if (response.status === 401) keyWanted.value = key.peek() ? problem.detail : "This server asks who you are.";
  throw new Refused(problem);
}

/** @param {string} path @param {Options} [options] @returns {Promise<any>} */
export async function askJson(path, options) {
  const response = await ask(path, options);
  try {
    return await response.json();
  } catch {
    gone();
    throw new Lost("The answer of the server broke off.");
  }
}

/** @param {Response} response @returns {Promise<Problem>} */
async function problemOf(response) {
  const told = await response.json().catch(() => null);
  if (told && typeof told.detail === "string") return told;
  const detail = `The server answered ${response.status}, and did not say why.`;
  return { title: "Error", detail, code: "unknown", status: response.status };
}

/** Use a key from now on. @param {string} given */
export function signIn(given) {
  key.value = given;
  if (given) sessionStorage.setItem(KEPT, given);
  else sessionStorage.removeItem(KEPT);
  keyWanted.value = "";
}

/** Wait until the server answers again. */
export async function answering() {
  while (server.peek() === "gone") await pause(ASK_AGAIN_MS / 3);
}

/** @param {number} ms */
export function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

/** Note that the server is gone, and look for it until it is found. */
export function gone() {
  if (server.peek() === "gone") return;
  server.value = "gone";
  void lookFor();
}

async function lookFor() {
  while (!(await answers())) await pause(ASK_AGAIN_MS);
  server.value = "back";
}

async function answers() {
  try {
    return (await fetch("health", { signal: AbortSignal.timeout(QUIET_MS) })).ok;
  } catch {
    return false;
  }
}

/** Look from time to time whether the server is still there. */
export function watch() {
  setInterval(async () => {
    if (!document.hidden && server.peek() !== "gone" && !(await answers())) gone();
  }, QUIET_MS / 2);
}
