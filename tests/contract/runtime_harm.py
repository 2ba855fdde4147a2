"""What an agent or a tool can do to others on every ``Runtime``: nothing.

A test module subclasses this with a ``host`` fixture.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from typing import Never

import pytest

from batuta.compose.parallel import Mode, Parallel
from batuta.core.agent import FunctionAgent
from batuta.core.message import Message
from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.core.run import Run
from batuta.core.tool import tool
from batuta.errors import AgentFailed, ToolFailed
from tests.contract.runtime import HELLO, Host, Setup, agent, echo
from tests.contract.runtime_ends import LIMIT_S

_WAYS: dict[str, Callable[[], Never]] = {}


def way(function: Callable[[], Never]) -> Callable[[], Never]:
    _WAYS[function.__name__] = function
    return function


@way
def leaves() -> Never:
    sys.exit(3)


@way
def reads_arguments() -> Never:
    argparse.ArgumentParser(prog="tool", exit_on_error=True, add_help=False).parse_args(["--odd"])
    raise AssertionError("argparse ends the process")


@way
def is_interrupted() -> Never:
    raise KeyboardInterrupt


class Leaving:
    """A model whose code ends the process."""

    name = "scripted:leaving"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        return _WAYS[request.messages[-1].text]()


@tool
async def end(how: str) -> str:
    """End the process."""
    return _WAYS[how]()


@tool
def end_in_thread(how: str) -> str:
    """End the process, from a thread."""
    return _WAYS[how]()


@agent("itself")
async def itself(message: Message, run: Run) -> Message:
    return _WAYS[message.text]()


@agent("in_step")
async def in_step(message: Message, run: Run) -> Message:
    async def work() -> str:
        return _WAYS[message.text]()

    return Message.assistant(await run.step("work", work))


@agent("beside")
async def beside(message: Message, run: Run) -> Message:
    async def work() -> str:
        await asyncio.sleep(0)
        return _WAYS[message.text]()

    await run.together(work(), run.call("echo", HELLO))
    return message


@agent("asks")
async def asks(message: Message, run: Run) -> Message:
    return Message.assistant((await run.ask([message])).text)


@agent("uses")
async def uses(message: Message, run: Run) -> Message:
    return Message.assistant(str(await run.use(end, {"how": message.text})))


@agent("uses_thread")
async def uses_thread(message: Message, run: Run) -> Message:
    return Message.assistant(str(await run.use(end_in_thread, {"how": message.text})))


AGENTS = (itself, in_step, beside, asks, uses, uses_thread)


class HarmContract:
    """Tests of one runtime; ``host`` makes it, started, with agents and a model."""

    @pytest.mark.parametrize("how", list(_WAYS))
    async def test_code_that_ends_the_process_fails_its_own_call(
        self, host: Host, how: str
    ) -> None:
        async with host(Setup(agents=(*AGENTS, echo), model=Leaving())) as runtime:
            for each in AGENTS:
                record = await runtime.run(each.name, Message.user(how))
                wanted = ToolFailed if each.name.startswith("uses") else AgentFailed
                assert type(record.failure) is wanted, (each.name, record.failure)
                said = str(record.failure)
                assert "ends this call, not the process" in said, (each.name, said)
            after = await runtime.run("echo", HELLO)
        assert after.text == HELLO.text

    @pytest.mark.parametrize(
        ("mode", "more"),
        [("first", {}), ("quorum", {"k": 1}), ("partial", {"timeout_s": 2.0})],
    )
    async def test_member_that_ignores_its_end_costs_nobody_their_answer(
        self, host: Host, mode: Mode, more: dict[str, float]
    ) -> None:
        go_on = asyncio.Event()

        async def ignore_all(message: Message, run: Run) -> Message:
            while not go_on.is_set():
                try:
                    await go_on.wait()
                except asyncio.CancelledError:
                    continue
            return message

        stubborn = FunctionAgent(name="stubborn", answer=ignore_all)
        both = Parallel(members=["stubborn", "echo"], mode=mode, **more)  # type: ignore[arg-type]
        async with host(Setup(agents=(both, stubborn, echo))) as runtime:
            record = await asyncio.wait_for(runtime.run("parallel", HELLO), LIMIT_S)
            go_on.set()
        assert record.failure is None
        assert HELLO.text in record.text
