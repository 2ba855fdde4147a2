#!/bin/sh
# Versions: langchain-core 1.8.3.
#
# Behaviour: a callback handler may set `raise_error = True`; what it raises then ends the call that it
# was told of. An `AsyncCallbackHandler` does so for a tool that is an `async def`. For a tool that is a
# plain `def`, awaited by the same `ainvoke` from the same loop, the error is logged, the tool runs and
# its result is given: the tool moves to a thread with the callbacks of the blocking kind, which run
# an async handler's coroutines on a loop of their own and keep none of their errors. A handler derived
# from `BaseCallbackHandler` ends the call in both cases.
#
# Why it matters: a limit on calls or money, a log that must not be lost, or a test's own check is
# written as an async handler, tried on an async tool, and holds. On the next tool, which somebody wrote
# without `async`, the handler's error is one line in the log. A handler for agents whose tools are of
# both kinds needs `BaseCallbackHandler`, or its own check that the error arrived.
#
# Output seen:
#   async handler, async tool: RuntimeError('no calls left'), ran: False
#   async handler, plain tool: 'open', ran: True
#   plain handler, async tool: RuntimeError('no calls left'), ran: False
#   plain handler, plain tool: RuntimeError('no calls left'), ran: False
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check langchain-core==1.8.3

cat >"$dir/see.py" <<'PYTHON'
import asyncio

from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from langchain_core.tools import tool

ran = []


class AsyncLimit(AsyncCallbackHandler):
    raise_error = True

    async def on_tool_start(self, *told, **more):
        raise RuntimeError("no calls left")


class PlainLimit(BaseCallbackHandler):
    raise_error = True

    def on_tool_start(self, *told, **more):
        raise RuntimeError("no calls left")


@tool
async def async_hours(day: str) -> str:
    """Tell the opening hours."""
    ran.append(day)
    return "open"


@tool
def plain_hours(day: str) -> str:
    """Tell the opening hours."""
    ran.append(day)
    return "open"


async def see(title, handler, hours):
    ran.clear()
    try:
        told = repr(await hours.ainvoke({"day": "Monday"}, {"callbacks": [handler]}))
    except RuntimeError as error:
        told = repr(error)
    print(f"{title}: {told}, ran: {bool(ran)}")


async def main():
    await see("async handler, async tool", AsyncLimit(), async_hours)
    await see("async handler, plain tool", AsyncLimit(), plain_hours)
    await see("plain handler, async tool", PlainLimit(), async_hours)
    await see("plain handler, plain tool", PlainLimit(), plain_hours)


asyncio.run(main())
PYTHON

"$dir/venv/bin/python" "$dir/see.py" 2>/dev/null | tee "$dir/seen"
cat >"$dir/expected" <<'EXPECTED'
async handler, async tool: RuntimeError('no calls left'), ran: False
async handler, plain tool: 'open', ran: True
plain handler, async tool: RuntimeError('no calls left'), ran: False
plain handler, plain tool: RuntimeError('no calls left'), ran: False
EXPECTED
cmp "$dir/expected" "$dir/seen"
