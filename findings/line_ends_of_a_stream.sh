#!/bin/sh
# Versions: sse-starlette 3.7.0 and ag-ui-protocol 1.0.0 (Python), @ag-ui/client 1.0.0 (npm).
#
# Behaviour: server-sent events may end their lines in CR LF, LF or CR. The best-known way to send
# them from Starlette and FastAPI ends them in CR LF unless told otherwise; the client of AG-UI
# splits at two LF alone. So a run of five events that is valid to both sides' own tests is one
# single piece to the client, which then fails at its end: not one event was heard, nothing was
# shown while it ran, and the error speaks of JSON. With sep="\n" all five arrive.
#
# Why it matters: each library is the obvious choice on its side of the wire, curl and the
# browser's EventSource show nothing amiss, and the agent has done its work, with its effects, when
# the page says that the run failed: people send it again. Say sep="\n" in every endpoint that AG-
# UI's clients read.
#
# Output seen:
#   CR LF, as by default: heard 0 events, rejected
#   LF: heard 5 events, resolved
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check \
    sse-starlette==3.7.0 ag-ui-protocol==1.0.0 starlette==1.10.0 uvicorn==0.54.0
(cd "$dir" && npm init -y >/dev/null && npm install --silent --no-audit --no-fund @ag-ui/client@1.0.0)

cat >"$dir/see.mjs" <<'JAVASCRIPT'
import { HttpAgent } from "@ag-ui/client";

console.error = () => {};
const ways = { "CR LF, as by default": "default", LF: "lf" };
for (const [name, path] of Object.entries(ways)) {
  const agent = new HttpAgent({ url: `http://127.0.0.1:${process.argv[2]}/${path}`, threadId: "t" });
  agent.messages = [{ id: "u", role: "user", content: "Is a court free?" }];
  let heard = 0;
  agent.subscribe({ onEvent: () => { heard += 1; } });
  let end = "resolved";
  try { await agent.runAgent({ runId: "r" }); } catch { end = "rejected"; }
  console.log(`${name}: heard ${heard} events, ${end}`);
}
JAVASCRIPT

cat >"$dir/see.py" <<'PYTHON'
import sys

import uvicorn
from ag_ui.core import (
    RunFinishedEvent,
    RunStartedEvent,
    TextMessageContentEvent,
    TextMessageEndEvent,
    TextMessageStartEvent,
)
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.routing import Route

RUN = (
    RunStartedEvent(thread_id="t", run_id="r"),
    TextMessageStartEvent(message_id="m"),
    TextMessageContentEvent(message_id="m", delta="Court A is free."),
    TextMessageEndEvent(message_id="m"),
    RunFinishedEvent(thread_id="t", run_id="r"),
)


def endpoint(**options):
    async def answer(request):
        async def events():
            for event in RUN:
                yield {"data": event.model_dump_json(by_alias=True, exclude_none=True)}

        return EventSourceResponse(events(), **options)

    return answer


routes = [
    Route("/default", endpoint(), methods=["POST"]),
    Route("/lf", endpoint(sep="\n"), methods=["POST"]),
]
config = uvicorn.Config(Starlette(routes=routes), port=0, log_level="critical")


class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        with open(sys.argv[1], "w") as told:
            told.write(str(self.servers[0].sockets[0].getsockname()[1]))


Server(config).run()
PYTHON

"$dir/venv/bin/python" "$dir/see.py" "$dir/port" &
server=$!
trap 'kill "$server"; rm -rf "$dir"' EXIT
until [ -s "$dir/port" ]; do sleep 0.2; done
node "$dir/see.mjs" "$(cat "$dir/port")" | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
CR LF, as by default: heard 0 events, rejected
LF: heard 5 events, resolved
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
