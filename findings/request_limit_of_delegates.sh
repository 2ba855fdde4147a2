#!/bin/sh
# Versions: pydantic-ai-slim 2.68.0 (Python).
#
# Behaviour: an agent's tool runs a second agent and hands on its usage, as the pages on delegation
# show, so that one count is kept. The count is shared, the limit is not: the delegate judges it by
# its own limits, whose default is 50 requests, and only the outer agent's next request meets the
# outer limit. With request_limit=5 eight requests are made. Handing the same limit on to each
# delegate mends that for one after the other. For delegates that run side by side it does not: a
# request is counted when its answer is there, so that four of them, begun together under a limit
# of two, all pass.
#
# Why it matters: the limit is what stands between a loop and the bill, and a parallel tool call is
# what a model does by itself. Whoever needs a limit that holds over a tree reserves before the
# request, in a model class of their own, and gives back afterwards.
#
# The models are functions in this script.
#
# Output seen:
#   limit 5, usage handed on: requests=8, then UsageLimitExceeded
#   limit 5, usage and limit handed on: requests=5, then UsageLimitExceeded
#   limit 2, both handed on, four delegates at once: requests=5, then UsageLimitExceeded
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check \
    pydantic-ai-slim==2.68.0

cat >"$dir/see.py" <<'PYTHON'
import asyncio

from pydantic_ai import Agent, RunContext, UsageLimitExceeded
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.usage import UsageLimits

requests = 0


def outer_model(delegates):
    def reply(messages, info):
        global requests
        requests += 1
        return ModelResponse([ToolCallPart("ask", {}) for _ in range(delegates)])

    return FunctionModel(reply)


async def inner_reply(messages, info):
    """Look twice, then answer."""
    global requests
    requests += 1
    await asyncio.sleep(0.01)
    looked = sum(isinstance(m, ModelResponse) for m in messages)
    if looked < 2 and info.function_tools:
        return ModelResponse([ToolCallPart("look", {})])
    return ModelResponse([TextPart("Court A is free.")])


def look() -> str:
    """Look."""
    return "A"


def team(limits, handed, delegates=1):
    inner = Agent(FunctionModel(inner_reply), tools=[look] if delegates == 1 else [])
    outer = Agent(outer_model(delegates))

    @outer.tool
    async def ask(context: RunContext) -> str:
        """Ask the one who knows."""
        more = {"usage_limits": limits} if handed else {}
        return (await inner.run("Which court?", usage=context.usage, **more)).output

    return outer


async def see(name, limit, handed, delegates=1):
    global requests
    requests = 0
    limits = UsageLimits(request_limit=limit)
    try:
        await team(limits, handed, delegates).run("Book a court", usage_limits=limits)
        end = "no error"
    except UsageLimitExceeded as error:
        end = type(error).__name__
    print(f"{name}: {requests=}, then {end}")


async def main():
    await see("limit 5, usage handed on", 5, handed=False)
    await see("limit 5, usage and limit handed on", 5, handed=True)
    await see("limit 2, both handed on, four delegates at once", 2, handed=True, delegates=4)


asyncio.run(main())
PYTHON

"$dir/venv/bin/python" "$dir/see.py" | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
limit 5, usage handed on: requests=8, then UsageLimitExceeded
limit 5, usage and limit handed on: requests=5, then UsageLimitExceeded
limit 2, both handed on, four delegates at once: requests=5, then UsageLimitExceeded
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
