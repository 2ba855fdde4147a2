#!/bin/sh
# Versions: agent-framework-core 1.23.0 (Microsoft Agent Framework, Python).
#
# Behaviour: a model often says a word before it calls a tool, and answers after it. `response.text`
# of the agent is then both turns set end to end, with nothing between them. The same two turns read
# from the chat client under that agent have a line end between them, and two texts within one message
# have a blank: three joints for one answer. A stream gives the pieces with no mark where one turn
# ends, so that joining them gives the agent's spelling again.
#
# Why it matters: what is stored, sent to a person or compared in a test is mostly `response.text`.
# It holds words that were never an answer ("Let me look."), glued to its first word, so that a check
# for an exact answer, a number at its start, or a language detector goes wrong only in the runs in
# which the model chose to talk. Take the last message of the assistant that has text.
#
# Output seen:
#   agent: 'Let me look.9 to 5.'
#   agent, streamed: 'Let me look.9 to 5.'
#   chat client: 'Let me look.\n\n9 to 5.'
#   one message of two texts: 'Let me look. 9 to 5.'
#   last message with text: '9 to 5.'
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
    ChatResponseUpdate,
    Content,
    FunctionInvocationLayer,
    Message,
    ResponseStream,
    tool,
)


class Talks(FunctionInvocationLayer, BaseChatClient):
    """A model that says a word, calls a tool, then answers."""

    asked = 0

    def parts(self):
        self.asked += 1
        if self.asked % 2:
            call = Content.from_function_call("call_1", "opening_hours", arguments="{}")
            return [Content.from_text("Let me look."), call]
        return [Content.from_text("9 to 5.")]

    def _inner_get_response(self, *, messages, stream, options, **more):
        return ResponseStream(self.pieces(), finalizer=ChatResponse.from_updates) if stream else self.whole()

    async def whole(self):
        return ChatResponse(messages=[Message(role="assistant", contents=self.parts())])

    async def pieces(self):
        for part in self.parts():
            yield ChatResponseUpdate(role="assistant", contents=[part])


@tool(approval_mode="never_require")
def opening_hours() -> str:
    """Tell the opening hours."""
    return "9 to 5"


async def see():
    agent = Agent(Talks(), "Be brief.", tools=[opening_hours])
    response = await agent.run("When are you open?")
    print(f"agent: {response.text!r}")
    streamed = [piece.text async for piece in agent.run("When are you open?", stream=True)]
    print(f"agent, streamed: {''.join(streamed)!r}")
    asked = [Message(role="user", contents=["When are you open?"])]
    plain = await Talks().get_response(asked, options={"tools": [opening_hours]})
    print(f"chat client: {plain.text!r}")
    both = Message(role="assistant", contents=["Let me look.", "9 to 5."])
    print(f"one message of two texts: {both.text!r}")
    said = [m.text for m in response.messages if m.role == "assistant" and m.text]
    print(f"last message with text: {said[-1]!r}")


asyncio.run(see())
PYTHON

"$dir/venv/bin/python" "$dir/see.py" | tee "$dir/seen"
cat >"$dir/expected" <<'EXPECTED'
agent: 'Let me look.9 to 5.'
agent, streamed: 'Let me look.9 to 5.'
chat client: 'Let me look.\n\n9 to 5.'
one message of two texts: 'Let me look. 9 to 5.'
last message with text: '9 to 5.'
EXPECTED
cmp "$dir/expected" "$dir/seen"
