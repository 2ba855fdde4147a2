"""How long one try may take, and which exceptions of strangers another try may help with."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from batuta.control.workflow import Workflow
from batuta.core.message import Message
from batuta.core.retry import Retry
from batuta.core.run import Run
from batuta.core.tool import Tool, tool
from batuta.errors import (
    AgentFailed,
    BudgetExceeded,
    ConfigError,
    DeadlineExceeded,
    EffectUnknown,
    ModelTimeout,
    ToolFailed,
    ToolRetry,
)
from batuta.testing.scripted import ScriptedModel
from tests.patience import scaled
from tests.unit.core.rig import HELLO, SleepyClock, does, hosted, named, ran, reply

SHORT = Retry(attempts=1, timeout_s=0.01)
ON = Retry(on=(ConnectionError,), wait_s=0.01, jitter=0)


async def _waits() -> str:
    """Wait."""
    await asyncio.sleep(scaled(60))
    return "late"


async def _stubborn() -> str:
    """Wait, whatever is asked."""
    for _ in range(2):
        try:
            await asyncio.sleep(scaled(60))
        except asyncio.CancelledError:
            continue
    return "late"


@pytest.mark.parametrize("work", [_waits, _stubborn])
async def test_a_tool_has_a_time_limit_of_its_own(work: Any) -> None:
    async def main(run: Run) -> str:
        with pytest.raises(ToolFailed, match=r"did not finish within 0\.01 s") as caught:
            await run.use(Tool(work).with_retry(SHORT), {})
        return str(caught.value.retryable)

    assert (await ran(main)).text == "True"


async def test_a_plain_tool_has_one_too() -> None:
    go_on = threading.Event()

    @tool(retry=SHORT)
    def waits() -> bool:
        """Wait."""
        return go_on.wait(scaled(60))

    async def main(run: Run) -> None:
        with pytest.raises(ToolFailed, match="did not finish"):
            await run.use(waits, {})

    record = await ran(main)
    go_on.set()
    assert record.error is None


async def test_of_a_write_that_took_too_long_nobody_knows() -> None:
    made = Tool(_waits, effect="write").with_retry(Retry(timeout_s=0.01))

    async def main(run: Run) -> None:
        with pytest.raises(EffectUnknown, match="did not finish within"):
            await run.use(made, {})

    record = await ran(main)
    assert record.error is None
    assert record.unknown_effects == ("_waits",)
    assert len(named(record.events, "tool")) == 1


async def test_a_reading_tool_is_tried_again_after_its_limit() -> None:
    tries: list[int] = []

    @tool(retry=Retry(attempts=2, timeout_s=0.05, wait_s=0.01))
    async def slow_at_first() -> str:
        """Look."""
        tries.append(1)
        if len(tries) == 1:
            await asyncio.sleep(scaled(60))
        return "found"

    async def main(run: Run) -> Any:
        return await run.use(slow_at_first, {})

    record = await ran(main)
    assert record.text == "found"
    assert len(named(record.events, "retry", "point")) == 1


async def test_a_timeout_of_a_tools_own_is_its_own() -> None:
    @tool(retry=Retry(attempts=1, timeout_s=scaled(60)))
    async def fails() -> str:
        """Fail."""
        raise TimeoutError("the court's server")

    async def main(run: Run) -> None:
        with pytest.raises(ToolFailed, match="TimeoutError: the court's server"):
            await run.use(fails, {})

    assert (await ran(main)).error is None


async def test_a_step_of_a_workflow_has_a_time_limit_of_its_own() -> None:
    async def waits(_: Run) -> str:
        return await _waits()

    flow = Workflow(steps=[does("quick", _quick), does("slow", waits)], retry={"slow": SHORT})
    record = await hosted().run(flow, HELLO)
    assert isinstance(record.failure, DeadlineExceeded)
    assert "slow did not finish within 0.01 s" in str(record.failure)


async def test_a_workflow_knows_the_steps_that_it_tries_again() -> None:
    with pytest.raises(ConfigError, match="no step slw"):
        Workflow(steps=[does("slow", _quick)], retry={"slw": SHORT})


async def _quick(_: Run) -> str:
    return "quick"


async def test_a_model_has_one_too() -> None:
    class Slow:
        name = "scripted:slow"

        async def reply(self, request: Any, emit: Any = None) -> Any:
            await asyncio.sleep(scaled(60))

    async def main(run: Run) -> None:
        with pytest.raises(ModelTimeout, match=r"no reply within 0\.01 s"):
            await run.ask([Message.user("x")])

    assert (await ran(main, model=Slow(), retry=SHORT)).error is None


async def test_a_steps_own_error_is_tried_again_where_its_author_says_so() -> None:
    tries: list[int] = []

    async def flaky(_: Run) -> str:
        tries.append(1)
        if len(tries) < 3:
            raise BrokenPipeError("gone")
        return "there"

    flow = Workflow(steps=[does("fetch", flaky)], retry={"fetch": ON})
    record = await hosted(clock=SleepyClock()).run(flow, HELLO)
    assert (record.text, len(tries)) == ("there", 3)


async def test_without_that_word_it_has_failed() -> None:
    tries: list[int] = []

    async def flaky(_: Run) -> str:
        tries.append(1)
        raise ConnectionError("gone")

    flow = Workflow(steps=[does("fetch", flaky)], retry={"fetch": Retry()})
    record = await hosted(clock=SleepyClock()).run(flow, HELLO)
    assert isinstance(record.failure, AgentFailed)
    assert len(tries) == 1


@pytest.mark.parametrize(("effect", "tries"), [("read", 3), ("write", 1)])
async def test_a_tools_own_error_is_tried_again_where_it_reads(effect: Any, tries: int) -> None:
    seen: list[int] = []

    async def flaky() -> str:
        """Look."""
        seen.append(1)
        raise ConnectionError("gone")

    async def main(run: Run) -> None:
        with pytest.raises(ToolFailed, match="ConnectionError: gone"):
            await run.use(Tool(flaky, effect=effect).with_retry(ON), {})

    assert (await ran(main, clock=SleepyClock())).error is None
    assert len(seen) == tries


async def test_a_group_tells_its_causes() -> None:
    async def main(_: Run) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(_raises(ValueError("no court")))
            group.create_task(_raises(KeyError("day")))

    record = await ran(main)
    assert record.error is not None
    assert "ValueError: no court" in record.error["message"]
    assert "KeyError: 'day'" in record.error["message"]


async def test_a_group_deep_inside_a_tool_tells_its_causes() -> None:
    @tool
    async def breaks() -> None:
        """Break."""
        raise ExceptionGroup(
            "outer", [ExceptionGroup("inner", [OSError("password=abc123 on disk")])]
        )

    async def main(run: Run) -> Any:
        return await run.use(breaks, {})

    record = await ran(main)
    assert record.error is not None
    assert "ExceptionGroup: outer (OSError: [secret] on disk)" in record.error["message"]


async def test_an_error_of_ours_that_alone_is_in_a_group_keeps_its_class() -> None:
    @tool
    async def asks() -> None:
        """Ask for another day."""
        async with asyncio.TaskGroup() as group:
            group.create_task(_raises(ToolRetry("asks", "another day", ("day",))))

    async def main(run: Run) -> None:
        with pytest.raises(ToolRetry, match="another day"):
            await run.use(asks, {})
        async with asyncio.TaskGroup() as group:
            group.create_task(_raises(BudgetExceeded("model_calls", limit=1, used=1, whose="main")))

    record = await ran(main)
    assert record.stop_reason == "budget"


async def test_a_group_is_tried_again_for_what_is_in_it() -> None:
    tries: list[int] = []

    async def flaky(_: Run) -> str:
        tries.append(1)
        if len(tries) == 1:
            async with asyncio.TaskGroup() as group:
                group.create_task(_raises(ConnectionResetError("gone")))
        return "there"

    async def main(run: Run) -> str:
        return (await run.call(does("fetch", flaky), HELLO, retry=ON)).text

    assert (await ran(main, clock=SleepyClock())).text == "there"


async def _raises(error: Exception) -> None:
    await asyncio.sleep(0)
    raise error


async def test_time_limits_do_not_touch_what_is_quick() -> None:
    retry = Retry(timeout_s=scaled(60))

    async def main(run: Run) -> str:
        made = await run.ask([Message.user("x")])
        return f"{made.text} {await run.use(Tool(_looks).with_retry(retry), {})}"

    record = await ran(main, model=ScriptedModel([reply("ok")]), retry=retry)
    assert record.text == "ok found"


async def _looks() -> str:
    """Look."""
    return "found"
