// A server of the JavaScript SDK on standard input and output, for an App to use tools of.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.cwd() + "/");
const load = (name) => import(pathToFileURL(require.resolve(`@modelcontextprotocol/sdk/${name}`)));
const { McpServer } = await load("server/mcp.js");
const { StdioServerTransport } = await load("server/stdio.js");
const { z } = await import(pathToFileURL(require.resolve("zod")));

const server = new McpServer({ name: "weather", version: "1" });
const text = (said) => ({ content: [{ type: "text", text: said }] });
server.registerTool(
  "forecast",
  {
    description: "Tell the weather.",
    inputSchema: { city: z.string() },
    outputSchema: { sky: z.string() },
    annotations: { readOnlyHint: true },
  },
  async () => ({ ...text("clear"), structuredContent: { sky: "clear" } }),
);
server.registerTool(
  "keep",
  { description: "Keep a note.", inputSchema: { text: z.string(), user: z.string() } },
  async ({ text: note, user }, extra) =>
    text(`${note} by ${user} under ${extra._meta?.["batuta/idempotencyKey"]?.length ?? 0}`),
);
server.registerTool(
  "wait",
  { description: "Wait until told not to.", annotations: { readOnlyHint: true } },
  (extra) =>
    new Promise((_, reject) => {
      extra.signal.addEventListener("abort", () => {
        server.registerTool("told", { description: "Was told.", annotations: { readOnlyHint: true } },
          async () => text("told"));
        reject(new Error("cancelled"));
      });
    }),
);
await server.connect(new StdioServerTransport());
