// @ts-check
/** Where the page is, and what it says aloud. */

import { signal } from "./vendor.js";

/** The part of the address behind #. */
export const place = signal(location.hash);
addEventListener("hashchange", () => (place.value = location.hash));

/** Said to screen readers, the newest last. */
export const spoken = signal(/** @type {{id: number, text: string}[]} */ ([]));
const MOST_SPOKEN = 8;
let count = 0;

/** Say something to screen readers, after what is being said. @param {string} text */
export function speak(text) {
  spoken.value = [...spoken.peek(), { id: ++count, text }].slice(-MOST_SPOKEN);
}
