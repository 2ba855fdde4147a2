// @ts-check
/** Where the page is, and what it says aloud. */

import { signal } from "./vendor.js";

/** The part of the address behind #. */
export const place = signal(location.hash);
addEventListener("hashchange", () => (place.value = location.hash));

/** Said to screen readers, once each. */
export const spoken = signal("");
