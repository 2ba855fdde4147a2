// @ts-check
/** What one's own runs used and cost, added up by whatever is asked. */

import { useFetched } from "./table.js";
import { html, useState } from "./vendor.js";
import { grouped, money } from "./words.js";

const WAYS = ["style", "model", "agent", "decider", "step", "tool", "day", "session"];
const DAYS = /** @type {const} */ ([[1, "last day"], [7, "last 7 days"], [30, "last 30 days"], [365, "last year"]]);

export function Costs() {
  const [by, setBy] = useState("style");
  const [days, setDays] = useState("30");
  const [found, instead] = useFetched(`costs?by=${by}&days=${days}`);
  const most = found ? Math.max(1, ...found.costs.map((/** @type {any} */ each) => each.input_tokens + each.output_tokens)) : 1;
  return html`<h2>Costs</h2>
    <div class="bar">
      <label for="costs-by">by</label> <select id="costs-by" value=${by} onChange=${(/** @type {any} */ event) => setBy(event.target.value)}>${WAYS.map((way) => html`<option>${way}</option>`)}</select>
      <label for="costs-days">of the</label> <select id="costs-days" value=${days} onChange=${(/** @type {any} */ event) => setDays(event.target.value)}>${DAYS.map(([count, name]) => html`<option value=${count}>${name}</option>`)}</select>
    </div>
    ${instead ?? html`<div class="wide-table" tabindex="0" role="region" aria-label="Costs"><table>
      <thead><tr><th scope="col">${by}</th><th scope="col" class="number">runs</th><th scope="col" class="number">model calls</th><th scope="col" class="number">tool calls</th><th scope="col" class="number">tokens</th><th scope="col" class="share-column"><span class="unseen">share of tokens</span></th><th scope="col" class="number">money</th><th scope="col">price from</th></tr></thead>
      <tbody>${found.costs.map((/** @type {any} */ each) => {
        const tokens = each.input_tokens + each.output_tokens;
        return html`<tr><th scope="row">${each.key}</th><td class="number">${grouped(each.runs)}</td><td class="number">${grouped(each.model_calls)}</td><td class="number">${grouped(each.tool_calls)}</td><td class="number">${grouped(tokens)}</td>
          <td class="share-column"><span class="meter-bar" aria-hidden="true"><span style=${{ width: `${(100 * tokens) / most}%` }}></span></span></td>
          <td class="number">${money({ usd: each.cost_usd, known_usd: each.known_usd, reason: "" })}</td><td class="quiet">${each.price_source}</td></tr>`;
      })}
      ${!found.costs.length && html`<tr><td colspan="8" class="quiet">Nothing was used in that time.</td></tr>`}</tbody>
    </table></div>`}`;
}
