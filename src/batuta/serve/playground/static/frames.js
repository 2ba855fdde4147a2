// @ts-check
/** Work done a little in each frame, so that no burst of events holds the page up. */

const FRAME_MS = 8;
const HIDDEN_MS = 50;

/** @typedef {(until: number) => boolean} Task */

/** @type {Set<Task>} */
const waiting = new Set();
let planned = false;

/** Do a task in a frame to come; it is given until when, and tells whether more is left. @param {Task} task */
export function later(task) {
  waiting.add(task);
  if (planned) return;
  planned = true;
  // A page in the background gets no frames, and goes on all the same.
  if (document.hidden) setTimeout(step, HIDDEN_MS);
  else requestAnimationFrame(step);
}

function step() {
  planned = false;
  const tasks = [...waiting];
  waiting.clear();
  const each = FRAME_MS / tasks.length;
  for (const task of tasks) {
    if (task(performance.now() + each)) later(task);
  }
}
