// @ts-check
/** Server-sent events over fetch, which unlike EventSource can post, and send a key. */

/** One event; its data is JSON still to be read. @typedef {{name: string, id: string, data: string}} Message */

/** Read one stream to its end. @param {Response} response @param {(message: Message) => void} heard */
export async function read(response, heard) {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = /** @type {string} */ (blocks.pop());
    for (const block of blocks) {
      const message = parsed(block);
      if (message) heard(message);
    }
  }
}

/** Read one event; null for a comment that only keeps the line open. @param {string} block @returns {Message | null} */
export function parsed(block) {
  let name = "message";
  let id = "";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) name = line.slice(7);
    else if (line.startsWith("id: ")) id = line.slice(4);
    else if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  return data.length ? { name, id, data: data.join("\n") } : null;
}
