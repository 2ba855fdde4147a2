// @ts-check
/** Work done a little in each frame, so that no burst of events holds the page up. */

const FRAME_MS = 5;
/** Each task makes the browser lay its pane out anew, so all of them take turns. */
const TASKS_A_FRAME = 2;
const HIDDEN_MS = 50;

/** @typedef {(until: number) => boolean} Task */

/** @type {Set<Task>} */
const waiting = new Set();
let planned = false;

/** Do a task in a frame to come; it is given until when, and tells whether more is left. @param {Task} task */
export function later(task) {
  waiting.add(task);
  plan();
}

function plan() {
  if (planned) return;
  planned = true;
  // A page in the background gets no frames, and goes on all the same.
  if (document.hidden) setTimeout(step, HIDDEN_MS);
  else requestAnimationFrame(step);
}

function step() {
  planned = false;
  const tasks = [...waiting].slice(0, TASKS_A_FRAME);
  for (const task of tasks) waiting.delete(task);
  for (const task of tasks) {
    if (task(performance.now() + FRAME_MS / tasks.length)) waiting.add(task);
  }
  if (waiting.size) plan();
}
