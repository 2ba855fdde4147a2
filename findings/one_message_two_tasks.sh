#!/bin/sh
# Versions: a2a-sdk 1.3.0 (Python) with starlette 1.10.0, httpx 0.28.1.
#
# Behaviour: a message of A2A has an id that its sender makes. A client whose connection broke sends the
# same message again, with the same id. The SDK's own handler does not look at it: the executor runs a
# second time, under a new task in a new context. With the first answer's context added to the repeat, as
# a client does that goes on with a conversation, it runs once more too. Only naming the first task helps
# by accident: a task that has ended takes no message.
#
# Why it matters: the id is made by the client, is required, and looks like what an idempotency key is
# elsewhere, so that one leaves the repeat to the SDK. A booking, a payment or an order behind an A2A
# door is then done as often as the network is bad. Keep the ids of a context with their tasks in the
# executor or before the handler, and give the first task again.
#
# Output seen:
#   sent once: the executor ran 1 time
#   sent again: ran 2 times, same task: False, same context: False
#   again in its context: ran 3 times, same task: False, same context: True
#   again for its task: ran 3 times, error -32004
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check \
    'a2a-sdk[http-server]==1.3.0' starlette==1.10.0 httpx==0.28.1

cat >"$dir/see.py" <<'PYTHON'
import asyncio
import logging

import httpx
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes.jsonrpc_routes import create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard, Task, TaskState, TaskStatus
from starlette.applications import Starlette

logging.disable(logging.CRITICAL)
ran = []


class Desk(AgentExecutor):
    async def execute(self, context, event_queue):
        ran.append(context.message.message_id)
        begun = TaskStatus(state=TaskState.TASK_STATE_SUBMITTED)
        task = Task(id=context.task_id, context_id=context.context_id, status=begun)
        await event_queue.enqueue_event(task)
        await TaskUpdater(event_queue, context.task_id, context.context_id).complete()

    async def cancel(self, context, event_queue):
        raise NotImplementedError


async def send(client, **more):
    said = {"messageId": "m-1", "role": "ROLE_USER", "parts": [{"text": "Book A."}], **more}
    call = {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": said}}
    return (await client.post("/rpc", json=call, headers={"A2A-Version": "1.0"})).json()


def compare(title, first, second):
    same = first["id"] == second["id"], first["contextId"] == second["contextId"]
    print(f"{title}: ran {len(ran)} times, same task: {same[0]}, same context: {same[1]}")


async def main():
    card = AgentCard(
        name="desk",
        description="Books.",
        version="1",
        capabilities=AgentCapabilities(),
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
    )
    handler = DefaultRequestHandler(
        agent_executor=Desk(), task_store=InMemoryTaskStore(), agent_card=card
    )
    app = Starlette(routes=create_jsonrpc_routes(handler, "/rpc"))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        first = (await send(client))["result"]["task"]
        print(f"sent once: the executor ran {len(ran)} time")
        compare("sent again", first, (await send(client))["result"]["task"])
        context = first["contextId"]
        again = (await send(client, contextId=context))["result"]["task"]
        compare("again in its context", first, again)
        refused = await send(client, contextId=context, taskId=first["id"])
        print(f"again for its task: ran {len(ran)} times, error {refused['error']['code']}")


asyncio.run(main())
PYTHON

"$dir/venv/bin/python" "$dir/see.py" | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
sent once: the executor ran 1 time
sent again: ran 2 times, same task: False, same context: False
again in its context: ran 3 times, same task: False, same context: True
again for its task: ran 3 times, error -32004
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
