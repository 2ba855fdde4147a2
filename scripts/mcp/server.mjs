// A server of the JavaScript SDK on standard input and output, for an App to use tools of: of version
// 1 (the revision with a handshake) or 2 (both): node server.mjs 1|2
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.cwd() + "/");
const load = (name) => import(pathToFileURL(require.resolve(`@modelcontextprotocol/${name}`)));
const first = process.argv[2] === "1";
const { McpServer } = await load(first ? "sdk/server/mcp.js" : "server");
const { StdioServerTransport, serveStdio } = await load(first ? "sdk/server/stdio.js" : "server/stdio");
const { z } = await import(pathToFileURL(require.resolve("zod")));
const shape = (fields) => (first ? fields : z.object(fields));

const text = (said) => ({ content: [{ type: "text", text: said }] });
// Where version 2 has what version 1 has in `extra` itself.
const meta = (extra) => (first ? extra._meta : extra.mcpReq._meta) ?? {};
const signal = (extra) => (first ? extra.signal : extra.mcpReq.signal);

const made = () => {
  const server = new McpServer({ name: "weather", version: "1" });
  server.registerTool(
    "forecast",
    {
      description: "Tell the weather.",
      inputSchema: shape({ city: z.string() }),
      outputSchema: shape({ sky: z.string() }),
      annotations: { readOnlyHint: true },
    },
    async () => ({ ...text("clear"), structuredContent: { sky: "clear" } }),
  );
  server.registerTool(
    "keep",
    { description: "Keep a note.", inputSchema: shape({ text: z.string(), user: z.string() }) },
    async ({ text: note, user }, extra) =>
      text(`${note} by ${user} under ${(meta(extra)["batuta/idempotencyKey"] ?? "").length}`),
  );
  server.registerTool(
    "wait",
    { description: "Wait until told not to.", annotations: { readOnlyHint: true } },
    (extra) =>
      new Promise((_, reject) => {
        signal(extra).addEventListener("abort", () => {
          server.registerTool("told", { description: "Was told.", annotations: { readOnlyHint: true } },
            async () => text("told"));
          reject(new Error("cancelled"));
        });
      }),
  );
  return server;
};

if (first) await made().connect(new StdioServerTransport());
else serveStdio(made);
