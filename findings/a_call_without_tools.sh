#!/bin/sh
# Versions: agent-framework-core 1.23.0 (Microsoft Agent Framework, Python).
#
# Behaviour: a model may call a function that the agent does not have. With at least one tool on the
# agent the framework answers the model "Requested function ... not found" and asks it again, so that
# it can still answer the person. With no tool at all the same reply ends the run at once: the model
# is asked once, nothing is raised, the answer is an empty text, and the call that nobody did is left
# in the response's messages.
#
# Why it matters: an agent whose tools are chosen at run time (by permission, by a tool server that is
# down, by a filter that left none) goes on with a history full of calls, and models then call what
# they see there. The person gets an empty bubble, the caller a success, and the session keeps a call
# without a result, which other vendors' wires refuse the next time. Give such an agent a tool that
# only says that there is none, or treat an answer without text as a failure.
#
# Output seen:
#   one tool: model asked 2 times, answer 'Sorry, I cannot do that.', calls left open: 0
#   no tool: model asked 1 times, answer '', calls left open: 1
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check agent-framework-core==1.23.0

cat >"$dir/see.py" <<'PYTHON'
import asyncio

from agent_framework import (
    Agent,
    BaseChatClient,
    ChatResponse,
    Content,
    FunctionInvocationLayer,
    Message,
    tool,
)


class Fake(FunctionInvocationLayer, BaseChatClient):
    """A model that calls what is not there, then apologises."""

    asked = 0

    def _inner_get_response(self, *, messages, stream, options, **more):
        return self.say()

    async def say(self):
        self.asked += 1
        if self.asked == 1:
            part = Content.from_function_call("call_1", "order_taxi", arguments="{}")
        else:
            part = Content.from_text("Sorry, I cannot do that.")
        return ChatResponse(messages=[Message(role="assistant", contents=[part])])


@tool(approval_mode="never_require")
def opening_hours() -> str:
    """Tell the opening hours."""
    return "9 to 5"


async def see(name, tools):
    client = Fake()
    response = await Agent(client, "Be brief.", tools=tools).run("A taxi, please.")
    parts = [part for message in response.messages for part in message.contents]
    called = {part.call_id for part in parts if part.type == "function_call"}
    done = {part.call_id for part in parts if part.type == "function_result"}
    left = len(called - done)
    print(f"{name}: model asked {client.asked} times, answer {response.text!r}, calls left open: {left}")


asyncio.run(see("one tool", [opening_hours]))
asyncio.run(see("no tool", None))
PYTHON

"$dir/venv/bin/python" "$dir/see.py" | tee "$dir/seen"
cat >"$dir/expected" <<'EXPECTED'
one tool: model asked 2 times, answer 'Sorry, I cannot do that.', calls left open: 0
no tool: model asked 1 times, answer '', calls left open: 1
EXPECTED
cmp "$dir/expected" "$dir/seen"
