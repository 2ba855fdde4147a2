"""Who may be called: not before the start, not after the stop, not while it is not ready."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from batuta.compose.parallel import Parallel
from batuta.core.agent import FunctionAgent
from batuta.core.message import Message
from batuta.core.run import Run
from batuta.errors import AgentNotReady
from batuta.errors.statuses import status_of
from batuta.parts.wrapped import Wrapped
from batuta.runtimes.local import LocalRuntime
from tests.patience import scaled
from tests.unit.core.rig import HELLO, echo, hosted, settled


@dataclass(kw_only=True, eq=False)
class Worker:
    """Works by itself: takes what is left for it, until it is stopped."""

    name: str = "worker"
    role: str = "works by itself"
    runs_on: bool = True
    breaks: bool = False
    got: list[str] = field(default_factory=list[str])
    log: list[str] = field(default_factory=list[str])
    runtime: LocalRuntime | None = None
    busy: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        if self.breaks:
            raise OSError("no way in")
        assert self.runtime is not None
        try:
            while True:
                self.got.append((await self.runtime.mail.receive(self.name)).text)
                self.busy.set()
        finally:
            self.log.append("cancelled")

    async def stop(self) -> None:
        self.log.append("stopped")

    async def execute(self, message: Message, run: Run) -> Message:
        return Message.assistant(", ".join(self.got))


async def test_a_start_that_runs_on_is_a_task_until_the_runtime_stops() -> None:
    worker = Worker()
    worker.runtime = runtime = hosted(worker)
    async with asyncio.timeout(scaled(10)):
        await runtime.start()
        runtime.mail.send("worker", Message.user("one"))
        await worker.busy.wait()
        assert (await runtime.call("worker", HELLO)).text == "one"
        await runtime.stop()
    assert worker.log == ["cancelled", "stopped"]


async def test_one_whose_start_has_failed_meanwhile_is_not_called(
    caplog: pytest.LogCaptureFixture,
) -> None:
    worker = Worker(breaks=True)
    runtime = hosted(worker)
    await runtime.start()
    await settled()
    assert not runtime.ready()
    with pytest.raises(AgentNotReady, match="its start has failed"):
        await runtime.call("worker", HELLO)
    assert "The start of worker has failed: OSError: no way in" in caplog.text
    await runtime.stop()


@dataclass(kw_only=True, eq=False)
class Clerk:
    """Has something to start, and says whether it can answer."""

    name: str = "clerk"
    role: str = "clerk"
    open: bool = True
    asked: int = 0

    async def start(self) -> None:
        """Nothing to wait for."""

    def ready(self) -> bool:
        self.asked += 1
        return self.open

    async def execute(self, message: Message, run: Run) -> Message:
        return Message.assistant("served")


@pytest.mark.parametrize("around", ["none", "wrapped", "composed"])
async def test_nobody_is_called_before_the_start_or_after_the_stop(around: str) -> None:
    clerk = Clerk()
    agent = {
        "none": clerk,
        "wrapped": Wrapped(agent=clerk),
        "composed": Parallel(name="clerk", members=[clerk]),
    }[around]
    runtime = hosted(agent)
    with pytest.raises(AgentNotReady, match="has not been started"):
        await runtime.call("clerk", HELLO)
    await runtime.start()
    assert "served" in (await runtime.call("clerk", HELLO)).text
    clerk.open = False
    with pytest.raises(AgentNotReady, match="not ready") as caught:
        await runtime.call("clerk", HELLO)
    assert status_of(caught.value).http == 503
    clerk.open = True
    await runtime.stop()
    with pytest.raises(AgentNotReady, match="was stopped"):
        await runtime.call("clerk", HELLO)
    await runtime.start()
    assert "served" in (await runtime.call("clerk", HELLO)).text
    await runtime.stop()


async def test_one_that_is_not_ready_is_waited_for_where_that_is_set() -> None:
    clerk = Clerk(open=False)
    runtime = hosted(clerk)
    runtime.ready_wait_s = scaled(30)
    await runtime.start()
    call = asyncio.ensure_future(runtime.call("clerk", HELLO))
    await settled()
    assert clerk.asked
    assert not call.done()
    clerk.open = True
    assert (await call).text == "served"
    await runtime.stop()


async def test_one_with_nothing_to_start_is_called_at_once_and_asked_nothing() -> None:
    runtime = hosted(echo("plain"), Parallel(name="both", members=[echo("a"), echo("b")]))
    assert (await runtime.call("plain", HELLO)).text == "hello"
    assert set(runtime._callable) == {"plain", "both"}


async def test_a_member_known_by_name_is_not_called_either() -> None:
    async def asks(message: Message, run: Run) -> Message:
        return await run.call("clerk", message)

    runtime = hosted(Clerk(open=False), FunctionAgent(name="asks", answer=asks))
    await runtime.start()
    with pytest.raises(AgentNotReady, match="Agent clerk: it says that it is not ready"):
        await runtime.call("asks", HELLO)
    await runtime.stop()
