// @ts-check
/** Something that is fetched once for a view, with what to show until it is there. */

import { Lost, answering, askJson, keyWanted } from "./api.js";
import { html, useEffect, useState } from "./vendor.js";

/** @param {string} path @returns {[any, unknown]} what was found, or else what to show instead */
export function useFetched(path) {
  const [found, set] = useState(/** @type {{path: string, value?: any, wrong?: string} | null} */ (null));
  useEffect(() => {
    let wanted = true;
    const look = async () => {
      for (;;) {
        try {
          const value = await askJson(path);
          if (wanted) set({ path, value });
          return;
        } catch (error) {
          if (!wanted) return;
          if (!(error instanceof Lost)) return set({ path, wrong: error instanceof Error ? error.message : String(error) });
          await answering();
        }
      }
    };
    void look();
    return () => {
      wanted = false;
    };
  }, [path, keyWanted.value === ""]);
  if (found?.path !== path) return [null, html`<p class="quiet pad" role="status">Looking it up…</p>`];
  if (found.wrong) return [null, html`<p class="failed pad" role="alert">${found.wrong}</p>`];
  return [found.value, null];
}
