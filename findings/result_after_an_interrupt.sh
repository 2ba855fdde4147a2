#!/bin/sh
# Versions: ag-ui-validate 0.4.0 (Python), @ag-ui/client 1.0.0 (npm).
#
# Behaviour: a run of AG-UI begins a tool call, and ends with an interrupt that asks a person about it. The
# run that resumes it tells the call's result. The protocol's own client takes both runs, and a program
# that was started anew and sees only the second, and keeps call and result as one pair in its messages.
# The validator calls the result an error, AGUI207: a call that was "never started". It says so of the second
# run alone, and also where both runs stand in one recording, in order: what began is forgotten with each
# RUN_STARTED.
#
# Why it matters: a validator in CI is how one learns that a backend keeps the protocol. Here it is green
# until the first approval is answered, and then asks for what is wrong: to begin the call once more in the
# second run, which puts it before the person twice, and before the model as two calls with one id. Switch
# that rule off for streams that resume a run, and check by hand that each result is of a call of the same
# thread.
#
# Output seen:
#   client, first run: call c1
#   client, second run: result of c1, "Done."
#   client, second run alone: result of c1, "Done."
#   client, kept: call c1, result of c1, text
#   validator, first run: 0 errors
#   validator, second run: 1 error, AGUI207
#   validator, both in one recording: 1 error, AGUI207
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check 'ag-ui-validate[transport]==0.4.0'
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @ag-ui/client@1.0.0

cat >first.sse <<'SSE'
data: {"type":"RUN_STARTED","threadId":"t1","runId":"r1"}

data: {"type":"TOOL_CALL_START","toolCallId":"c1","toolCallName":"book"}

data: {"type":"TOOL_CALL_ARGS","toolCallId":"c1","delta":"{}"}

data: {"type":"TOOL_CALL_END","toolCallId":"c1"}

data: {"type":"RUN_FINISHED","threadId":"t1","runId":"r1","outcome":{"type":"interrupt","interrupts":[{"id":"i1","reason":"approval","toolCallId":"c1"}]}}

SSE
cat >second.sse <<'SSE'
data: {"type":"RUN_STARTED","threadId":"t1","runId":"r2"}

data: {"type":"TOOL_CALL_RESULT","messageId":"m2","toolCallId":"c1","content":"booked","role":"tool"}

data: {"type":"TEXT_MESSAGE_START","messageId":"m3","role":"assistant"}

data: {"type":"TEXT_MESSAGE_CONTENT","messageId":"m3","delta":"Done."}

data: {"type":"TEXT_MESSAGE_END","messageId":"m3"}

data: {"type":"RUN_FINISHED","threadId":"t1","runId":"r2"}

SSE
cat first.sse second.sse >both.sse

cat >see.mjs <<'NODE'
import { HttpAgent } from "@ag-ui/client";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const server = createServer((asked, answer) => {
  asked.resume();
  asked.on("end", () => {
    answer.writeHead(200, { "content-type": "text/event-stream" });
    answer.end(readFileSync(asked.url.slice(1)));
  });
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const address = `http://127.0.0.1:${server.address().port}`;
const answer = { interruptId: "i1", status: "resolved", payload: { approved: true } };

const of = (message) => {
  if (message.role === "tool") return `result of ${message.toolCallId}`;
  return message.toolCalls ? `call ${message.toolCalls[0].id}` : JSON.stringify(message.content);
};

async function run(agent, told) {
  try {
    return (await agent.runAgent(told)).newMessages.map(of).join(", ");
  } catch (error) {
    return `refused, ${error.message}`;
  }
}

const agent = new HttpAgent({ url: `${address}/first.sse`, threadId: "t1" });
console.log("client, first run:", await run(agent, { runId: "r1" }));
agent.url = `${address}/second.sse`;
console.log("client, second run:", await run(agent, { runId: "r2", resume: [answer] }));
const anew = new HttpAgent({ url: `${address}/second.sse`, threadId: "t1" });
console.log("client, second run alone:", await run(anew, { runId: "r2", resume: [answer] }));
console.log("client, kept:", agent.messages.map(of).join(", ").replace(/"Done\."$/, "text"));
server.close();
NODE

judged() {
    "$dir/venv/bin/ag-ui-validate" --no-color "$1" >said 2>&1 || true
    errors=$(sed -n 's/^\([0-9]* errors\{0,1\}\), .*/\1/p' said)
    rules=$(grep -o 'AGUI[0-9]*  *error' said | sed 's/  *error//' | sort -u | tr '\n' ' ')
    echo "validator, $2: $errors${rules:+, ${rules% }}"
}

{
    node see.mjs
    judged first.sse "first run"
    judged second.sse "second run"
    judged both.sse "both in one recording"
} | tee seen

cat >expected <<'EXPECTED'
client, first run: call c1
client, second run: result of c1, "Done."
client, second run alone: result of c1, "Done."
client, kept: call c1, result of c1, text
validator, first run: 0 errors
validator, second run: 1 error, AGUI207
validator, both in one recording: 1 error, AGUI207
EXPECTED
diff expected seen || { echo "This has changed." >&2; exit 1; }
