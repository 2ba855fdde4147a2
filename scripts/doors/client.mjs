// One of JavaScript's clients before a door: node client.mjs NAME ADDRESS STYLES; each call is one line of JSON.
const [name, address, ...styles] = process.argv.slice(2);
const base = `${address}/v1`, apiKey = "none";
let style = "", model = "";
const say = "Is a court free tomorrow at 3pm?";
const messages = [{ role: "user", content: say }];

async function call(what, work) {
  let good = false, said = "";
  try { said = String(await work()); good = said.length > 0; } catch (error) { said = `${error?.name}: ${error?.message}`; }
  console.log(JSON.stringify({ what: `${style}, ${what}`, good, said: said.slice(0, 200) }));
}
function wanted(value, why) { if (!value) throw new Error(why); return value; }

async function agui(from) {
  const { HttpAgent } = await import(from);
  await call("run", async () => {
    const agent = new HttpAgent({ url: `${address}/ag-ui/${style}`, threadId: `${from} ${style}` });
    agent.messages = [{ id: "u1", role: "user", content: say }];
    const seen = [];
    await agent.runAgent({ runId: "r1" }, { onEvent: ({ event }) => { seen.push(event.type); }, onRunFailed: ({ error }) => { throw error; } });
    wanted(seen.at(-1) === "RUN_FINISHED", `ended with ${seen.at(-1)}`);
    return agent.messages.at(-1).content;
  });
}

// A run that asks before it books: what its end says it waits for is answered in a run that resumes it.
async function asked(from) {
  const { HttpAgent } = await import(from);
  await call("interrupt and resume", async () => {
    const hour = 9 + styles.indexOf(style), court = from.endsWith("before") ? "A" : "B";
    const agent = new HttpAgent({ url: `${address}/ag-ui/${style}`, threadId: `${from} ${style}` });
    let end, effects = [];
    const told = { onEvent: ({ event }) => { if (/^RUN_(FINISHED|ERROR)$/.test(event.type)) end = event; effects = event.snapshot?.effects ?? effects; }, onRunFailed: ({ error }) => { throw error; } };
    for (const [n, words] of [`Book court ${court} tomorrow at ${hour}:00, please`, `yes, court ${court}`].entries()) {
      agent.messages = [...agent.messages, { id: `u${n}`, role: "user", content: words }];
      await agent.runAgent({ runId: `r${n}` }, told);
      if (end.outcome?.type === "interrupt") break;
    }
    const [interrupt] = wanted(end.outcome?.interrupts, `no interrupt, but ${JSON.stringify(end).slice(0, 150)}`);
    wanted(effects.length === 0, "it was done before the answer");
    await agent.runAgent({ runId: "r9", resume: [{ interruptId: interrupt.id, status: "resolved", payload: { approved: true } }] }, told);
    wanted(end.outcome?.type === "success" && effects.length === 1, `ended with ${JSON.stringify(end).slice(0, 150)}, effects ${JSON.stringify(effects)}`);
    return agent.messages.at(-1).content;
  });
}

const clients = {
  async openai() {
    const { default: OpenAI } = await import("openai");
    const client = new OpenAI({ baseURL: base, apiKey, maxRetries: 0 });
    await call("models", async () => { const ids = []; for await (const each of client.models.list()) ids.push(each.id); return wanted(ids.includes(model) && ids.join(" "), "not listed"); });
    await call("chat", async () => (await client.chat.completions.create({ model, messages })).choices[0].message.content);
    await call("chat, streamed", async () => { let text = "", used = 0; for await (const chunk of await client.chat.completions.create({ model, messages, stream: true, stream_options: { include_usage: true } })) { text += chunk.choices[0]?.delta?.content ?? ""; used = chunk.usage?.total_tokens ?? used; } return wanted(used > 0, "no usage") && text; });
    await call("response", async () => (await client.responses.create({ model, input: say })).output_text);
    await call("response, streamed", async () => { let last = ""; for await (const event of await client.responses.create({ model, input: say, stream: true })) last = event.type; return wanted(last === "response.completed" && last, `ended with ${last}`); });
    await call("unknown model", async () => { try { await client.models.retrieve("nope"); } catch (error) { return wanted(error.status === 404 && error.code, "no typed error"); } return ""; });
  },
  async "ai-sdk"() {
    const { generateText, streamText, jsonSchema, Output, tool } = await import("ai");
    const { createOpenAI } = await import("@ai-sdk/openai");
    const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
    const vendor = createOpenAI({ baseURL: base, apiKey });
    const compatible = createOpenAICompatible({ name: "batuta", baseURL: base, apiKey, includeUsage: true });
    const schema = jsonSchema({ type: "object", properties: { court: { type: "string" } }, required: ["court"], additionalProperties: false });
    const tools = { free: tool({ description: "Free courts.", inputSchema: schema, execute: async () => "A" }) };
    for (const [kind, made] of [["compatible", compatible(model)], ["chat", vendor.chat(model)], ["responses", vendor(model)]]) {
      const options = { model: made, maxRetries: 0 };
      await call(`${kind}, text`, async () => (await generateText({ ...options, prompt: say, system: "be kind" })).text);
      await call(`${kind}, streamed`, async () => { const run = streamText({ ...options, messages }); let text = ""; for await (const piece of run.textStream) text += piece; return text; });
      await call(`${kind}, tools of its own`, async () => { const made = await generateText({ ...options, prompt: say, tools }); return wanted(made.toolCalls.length === 0, "one was called") && made.text; });
      if (kind !== "compatible") await call(`${kind}, object`, async () => JSON.stringify((await generateText({ ...options, prompt: say, output: Output.object({ schema }) })).output));
    }
    await call("responses, chained", async () => { const one = await generateText({ model: vendor(model), prompt: say }); return (await generateText({ model: vendor(model), prompt: "and at 4pm?", providerOptions: { openai: { previousResponseId: one.providerMetadata?.openai?.responseId } } })).text; });
    await call("responses, conversation", async () => (await generateText({ model: vendor(model), prompt: say, providerOptions: { openai: { conversation: "conv_1", store: true } } })).text);
  },
  async langchain() {
    const { ChatOpenAI } = await import("@langchain/openai");
    for (const useResponsesApi of [false, true]) {
      const kind = useResponsesApi ? "responses" : "chat";
      const made = new ChatOpenAI({ model, apiKey, maxRetries: 0, useResponsesApi, configuration: { baseURL: base } });
      await call(`${kind}, invoke`, async () => (await made.invoke(say)).text);
      await call(`${kind}, streamed`, async () => { let text = ""; for await (const piece of await made.stream(say)) text += piece.text; return text; });
    }
  },
  "ag-ui": () => agui("@ag-ui/client"),
  "ag-ui-before": () => agui("@ag-ui/client-before"),
  "ag-ui-asked": () => asked("@ag-ui/client"),
  "ag-ui-before-asked": () => asked("@ag-ui/client-before"),
  async a2a() {
    const { ClientFactory } = await import("@a2a-js/sdk/client");
    const client = await new ClientFactory().createFromUrl(`${address}/a2a/${style}/`);
    await call("message", async () => {
      const message = { messageId: crypto.randomUUID(), contextId: `talk-${style}`, taskId: "", role: 1, parts: [{ content: { $case: "text", value: say }, filename: "", mediaType: "" }], extensions: [], referenceTaskIds: [] };
      const made = await client.sendMessage({ message, tenant: "", configuration: undefined, metadata: undefined });
      return wanted(JSON.stringify(made).includes("Court") && JSON.stringify(made), "no answer");
    });
  },
};
for (style of styles) { model = `batuta-${style}`; await clients[name](); }
