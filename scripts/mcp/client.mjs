// A client of the JavaScript SDK before the MCP door, of version 1 (the revision with a handshake) or
// 2 (the stateless one): node client.mjs 1|2 http <address>, or 1|2 stdio <command…>
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.cwd() + "/");
const load = (name) => import(pathToFileURL(require.resolve(`@modelcontextprotocol/${name}`)));
const [version, kind, ...words] = process.argv.slice(2);
const first = version === "1";
const { Client } = await load(first ? "sdk/client/index.js" : "client");
const { StreamableHTTPClientTransport } = await load(first ? "sdk/client/streamableHttp.js" : "client");
const { StdioClientTransport } = await load(first ? "sdk/client/stdio.js" : "client/stdio");
const transport =
  kind === "http"
    ? new StreamableHTTPClientTransport(new URL(words[0]))
    : new StdioClientTransport({ command: words[0], args: words.slice(1), env: process.env });
const options = { versionNegotiation: { mode: "auto" } };
const client = new Client({ name: "conformance", version: "1" }, first ? undefined : options);
const must = (right, what) => {
  if (!right) throw new Error(`not so: ${what}`);
};

await client.connect(transport);
const { tools } = await client.listTools();
must(tools.some((tool) => tool.name === "ask_d" && tool.outputSchema), "ask_d has a typed answer");
const told = [];
const call = { name: "ask_d", arguments: { message: "Book a court tomorrow at 3pm" } };
const progress = { onprogress: (one) => told.push(one.message) };
const booked = await (first
  ? client.callTool(call, undefined, progress)
  : client.callTool(call, progress));
must(booked.structuredContent.effects[0].tool === "book", "it books");
must(told.length > 0, "progress is told");
const session_id = booked.structuredContent.session_id;
const again = await client.callTool({
  name: "ask_d",
  arguments: { message: "What have I booked?", session_id },
});
must(again.structuredContent.session_id === session_id, "the conversation goes on");
const wrong = await client.callTool({ name: "ask_d", arguments: { message: "" } });
must(wrong.isError, "an empty message is an error");
const free = await client.callTool({
  name: "check_availability",
  arguments: { date: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10) },
});
must(free.structuredContent.open.length > 0, "a tool of the App answers");
const { resources } = await client.listResources();
const page = await client.readResource({ uri: resources[1].uri });
must(page.contents[0].text.includes("Who decides"), "a page can be read");
await client.close();
console.log("7 of 7");
