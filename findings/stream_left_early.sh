#!/bin/sh
# Versions: openai-agents 0.24.0 (Python) with openai 3.57.0.
#
# Behaviour: Runner.run_streamed() works in a task of its own. Whoever leaves the loop over
# stream_events() after its first event, by break, has only stopped listening: the model's reply is
# still read and its tool is called, here a booking. Closing the iterator properly, as
# contextlib.aclosing() does, makes it more, not less: the run then goes on to its very end, with
# one more request to the model. Only result.cancel() ends it, before the tool began.
#
# Why it matters: a chat page closes its connection, or a caller has seen enough, and leaves the
# loop: in Python that ends a generator and what it does. Here the agent books afterwards, and pays
# for model calls that nobody reads, while the caller tells its user that it stopped. Call cancel()
# in a finally around every loop over a stream.
#
# Tracing is off; the model is a class in this script that answers with one tool call.
#
# Output is read half a second after the loop was left.
#
# Output seen:
#   break: heard 1 event, booked ['A'], model calls 1
#   break and aclose: heard 1 event, booked ['A'], model calls 2
#   cancel: heard 1 event, booked [], model calls 0
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check \
    openai-agents==0.24.0 openai==3.57.0

cat >"$dir/see.py" <<'PYTHON'
import asyncio
import os

os.environ["OPENAI_AGENTS_DISABLE_TRACING"] = "1"

from agents import Agent, Model, Runner, function_tool
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
)

booked = []


@function_tool
async def book(court: str) -> str:
    """Book a court."""
    booked.append(court)
    return f"Court {court} is booked."


class Scripted(Model):
    calls = 0

    async def get_response(self, *args, **options):
        raise NotImplementedError

    async def stream_response(self, *args, **options):
        self.calls += 1
        await asyncio.sleep(0.02)
        said = ResponseOutputText(annotations=[], text="Done.", type="output_text", logprobs=[])
        text = ResponseOutputMessage(
            id="m", content=[said], role="assistant", status="completed", type="message"
        )
        call = ResponseFunctionToolCall(
            call_id="c", name="book", arguments='{"court": "A"}', type="function_call"
        )
        whole = Response(
            id="r", created_at=0, model="m", object="response", tools=[], tool_choice="auto",
            output=[call] if self.calls == 1 else [text], parallel_tool_calls=False,
        )
        yield ResponseCompletedEvent(response=whole, sequence_number=0, type="response.completed")


async def leave(how):
    booked.clear()
    model = Scripted()
    result = Runner.run_streamed(Agent(name="booker", model=model, tools=[book]), "Book court A")
    events, heard = result.stream_events(), 0
    async for _ in events:
        heard += 1
        break
    if how == "break and aclose":
        await events.aclose()
    if how == "cancel":
        result.cancel()
    await asyncio.sleep(0.5)
    print(f"{how}: heard {heard} event, booked {booked}, model calls {model.calls}")


for way in ("break", "break and aclose", "cancel"):
    asyncio.run(leave(way))
PYTHON

"$dir/venv/bin/python" "$dir/see.py" 2>/dev/null | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
break: heard 1 event, booked ['A'], model calls 1
break and aclose: heard 1 event, booked ['A'], model calls 2
cancel: heard 1 event, booked [], model calls 0
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
