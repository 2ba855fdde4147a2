#!/bin/sh
# Versions: pydantic-ai-slim 2.68.0 (Python).
#
# Behaviour: in one reply a model says a few words and calls a tool. `agent.run()` calls the tool, asks
# the model again and gives its answer. `agent.run_stream()` with the same agent and the same model takes
# the words before the call for the final answer: `get_output()` gives them, the tool runs all the same,
# and the model is never asked what came of it. One request is made instead of two; nothing is raised or
# logged.
#
# Why it matters: models say "Let me book that." before a call whenever they feel like it. An agent that
# was tried with run() is put behind a chat page with run_stream(), and there the person reads an
# announcement, the booking is made, and neither its hour nor its failure is ever told: people ask again,
# and it is made twice. Whoever streams an agent with tools wants `run_stream_events()` or `iter()`,
# which go on to the end.
#
# Output seen:
#   run: 'Court A is yours at 15:00.', tool ran 1 time, 2 requests
#   run_stream: 'Let me book that.', tool ran 1 time, 1 request
#   run_stream_events: 'Court A is yours at 15:00.', tool ran 1 time, 2 requests
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check pydantic-ai-slim==2.68.0

cat >"$dir/see.py" <<'PYTHON'
import asyncio
import logging

from pydantic_ai import Agent, AgentRunResultEvent
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import DeltaToolCall, FunctionModel

logging.disable(logging.CRITICAL)
requests, booked = [], []


def whole(messages, _):
    requests.append("plain")
    if len(messages) == 1:
        return ModelResponse(parts=[TextPart("Let me book that."), ToolCallPart("book", {})])
    return ModelResponse(parts=[TextPart("Court A is yours at 15:00.")])


async def pieces(messages, _):
    requests.append("streamed")
    if len(messages) == 1:
        yield "Let me "
        yield "book that."
        yield {0: DeltaToolCall(name="book", json_args="{}")}
    else:
        yield "Court A is yours at 15:00."


agent = Agent(FunctionModel(whole, stream_function=pieces))


@agent.tool_plain
def book() -> str:
    """Book a court."""
    booked.append("A")
    return "booked A at 15:00"


def tell(way, answer):
    times = "request" if len(requests) == 1 else "requests"
    print(f"{way}: {answer!r}, tool ran {len(booked)} time, {len(requests)} {times}")
    requests.clear()
    booked.clear()


async def main():
    tell("run", (await agent.run("Book a court at 3 pm.")).output)
    async with agent.run_stream("Book a court at 3 pm.") as result:
        answer = await result.get_output()
    tell("run_stream", answer)
    async with agent.run_stream_events("Book a court at 3 pm.") as events:
        async for event in events:
            if isinstance(event, AgentRunResultEvent):
                answer = event.result.output
    tell("run_stream_events", answer)


asyncio.run(main())
PYTHON

"$dir/venv/bin/python" "$dir/see.py" | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
run: 'Court A is yours at 15:00.', tool ran 1 time, 2 requests
run_stream: 'Let me book that.', tool ran 1 time, 1 request
run_stream_events: 'Court A is yours at 15:00.', tool ran 1 time, 2 requests
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
