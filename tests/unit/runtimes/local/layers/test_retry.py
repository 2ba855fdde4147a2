"""What is tried again, how patiently, and what never is."""

from __future__ import annotations

from typing import Any

import pytest

from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.retry import NO_RETRY, Retry
from batuta.core.run import Run
from batuta.core.tool import tool
from batuta.core.tool_context import ToolContext
from batuta.errors import (
    AgentUnreachable,
    ModelError,
    ModelRateLimited,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
    ToolFailed,
    ToolRetry,
)
from batuta.testing.scripted import ScriptedModel
from tests.unit.core.rig import HELLO, SleepyClock, does, named, ran

SLOW = ModelTimeout("m", 1)
STEADY = Retry(jitter=0)


async def asks(run: Run) -> str:
    return (await run.ask([HELLO])).text


async def test_a_retryable_model_error_is_tried_again_after_growing_pauses() -> None:
    clock = SleepyClock()
    model = ScriptedModel([SLOW, SLOW, "ok"])
    record = await ran(asks, model=model, clock=clock, retry=Retry(wait_s=0.5, jitter=0))
    assert (record.text, clock.slept) == ("ok", [0.5, 1.0])
    retries = named(record.events, "retry", "point")
    assert [(e.parent, e.by, e.data, e.error) for e in retries] == [
        ("1", "code", {"of": "1.1", "attempt": 2, "wait_s": 0.5}, f"ModelTimeout: {SLOW}"),
        ("1", "code", {"of": "1.1", "attempt": 3, "wait_s": 1.0}, f"ModelTimeout: {SLOW}"),
    ]


async def test_the_last_error_is_raised_when_the_tries_are_used_up() -> None:
    clock = SleepyClock()
    model = ScriptedModel([SLOW, SLOW, ModelRateLimited("m")])
    record = await ran(asks, model=model, clock=clock, retry=Retry(attempts=3))
    assert isinstance(record.failure, ModelRateLimited)
    assert len(clock.slept) == 2


@pytest.mark.parametrize("error", [ModelRefused("m"), ModelError("m", "broken")], ids=repr)
async def test_a_final_model_error_is_not_tried_again(error: ModelError) -> None:
    model = ScriptedModel([error, "ok"])
    record = await ran(asks, model=model, clock=SleepyClock())
    assert (record.failure, len(model.requests)) == (error, 1)


async def test_one_attempt_means_no_second() -> None:
    model = ScriptedModel([SLOW, "ok"])
    assert (await ran(asks, model=model, retry=NO_RETRY)).failure is SLOW


@pytest.mark.parametrize(("asked", "waits"), [(7.0, 7.0), (0.01, 0.25), (None, 0.25), (20.0, 20.0)])
async def test_a_provider_that_names_a_pause_is_heard(asked: float | None, waits: float) -> None:
    clock = SleepyClock()
    model = ScriptedModel([ModelRateLimited("m", asked), "ok"])
    assert (await ran(asks, model=model, clock=clock, retry=STEADY)).text == "ok"
    assert clock.slept == [waits]


async def test_a_provider_that_is_down_and_says_until_when_is_heard() -> None:
    clock = SleepyClock()
    down = ModelUnavailable("m", "HTTP 503", retry_after_s=7.0)
    assert "in 7 s" in str(down)
    model = ScriptedModel([down, ModelUnavailable("m", "HTTP 503"), "ok"])
    assert (await ran(asks, model=model, clock=clock, retry=STEADY)).text == "ok"
    assert clock.slept == [7.0, 0.5]


@pytest.mark.parametrize("budget", [Budget(), Budget(seconds=None)], ids=["timed", "endless"])
async def test_nobody_comes_back_sooner_than_a_provider_asked(budget: Budget) -> None:
    clock = SleepyClock()
    model = ScriptedModel([ModelRateLimited("m", 20.5), "ok"])
    record = await ran(asks, model=model, clock=clock, retry=Retry(most_s=20), budget=budget)
    assert isinstance(record.failure, ModelRateLimited)
    assert (clock.slept, len(model.requests)) == ([], 1)


async def waits_of(run_id: str, retry: Retry, asked: float | None = None) -> list[float]:
    async def asks_twice(run: Run) -> str:
        return "".join([await asks(run), await asks(run)])

    clock = SleepyClock()
    limited = ModelRateLimited("m", asked)
    model = ScriptedModel([limited, limited, "ok", limited, "ok"])
    await ran(asks_twice, model=model, clock=clock, retry=retry, run_id=run_id)
    return clock.slept


async def test_runs_that_failed_together_do_not_come_back_together() -> None:
    waits = [await waits_of(f"run_{n:08x}", Retry(wait_s=1.0, jitter=0.5)) for n in range(200)]
    first, second, other = zip(*waits, strict=True)
    for drawn in (first, other):
        assert 1.0 <= min(drawn) < 1.1
        assert 1.4 < max(drawn) < 1.5
        assert len(set(drawn)) == 200
    assert all(2.0 <= pause < 3.0 for pause in second)
    assert all(a != b for a, b in zip(first, other, strict=True))


async def test_a_run_that_is_played_again_waits_as_it_did() -> None:
    assert await waits_of("run_1", Retry()) == await waits_of("run_1", Retry())


async def test_jitter_only_lengthens_the_pause_that_a_provider_asked_for() -> None:
    waits = [(await waits_of(f"run_{n}", Retry(), asked=7.0))[0] for n in range(50)]
    assert 7.0 <= min(waits) < max(waits) < 10.5


async def test_no_try_is_awaited_beyond_the_deadline() -> None:
    clock = SleepyClock()
    model = ScriptedModel([ModelRateLimited("m", 10), "ok"])
    record = await ran(asks, model=model, clock=clock, budget=Budget(seconds=10))
    assert isinstance(record.failure, ModelRateLimited)
    assert (clock.slept, len(model.requests)) == ([], 1)


def test_no_try_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="attempts"):
        Retry(attempts=0)


def test_a_pause_that_would_shrink_is_refused() -> None:
    with pytest.raises(ValueError, match="jitter"):
        Retry(jitter=-0.1)


class Flaky(ToolFailed):
    """A failure that another try may mend."""

    retryable = True


class Tried:
    """Tools that fail twice, and the keys that they saw."""

    def __init__(self, error: Exception) -> None:
        self.keys: list[str] = []
        self.error = error

    async def work(self, context: ToolContext) -> str:
        """Work at the third try."""
        self.keys.append(context.idempotency_key)
        if len(self.keys) < 3:
            raise self.error
        return "done"

    def as_tool(self, effect: Any) -> Any:
        return tool(effect=effect)(self.work)


async def test_a_reading_tool_is_tried_again_and_each_try_counts() -> None:
    tried = Tried(Flaky("work", "busy"))
    reads = tried.as_tool("read")
    record = await ran(lambda run: run.use(reads, {}), clock=SleepyClock())
    assert (record.text, len(tried.keys), record.tool_calls) == ("done", 3, 3)


@pytest.mark.parametrize("error", [Flaky("work", "busy"), ToolFailed("work", "no")], ids=repr)
async def test_a_writing_tool_is_never_tried_again(error: ToolFailed) -> None:
    tried = Tried(error)
    writes = tried.as_tool("write")
    record = await ran(lambda run: run.use(writes, {}), clock=SleepyClock())
    assert (record.failure, len(tried.keys)) == (error, 1)


async def test_arguments_at_fault_are_not_tried_again() -> None:
    tried = Tried(ToolRetry("work", "other arguments, please"))
    reads = tried.as_tool("read")
    await ran(lambda run: run.use(reads, {}), clock=SleepyClock())
    assert len(tried.keys) == 1


async def test_an_agent_is_called_again_only_where_the_caller_asked_for_it() -> None:
    tries: list[int] = []

    async def flaky(run: Run) -> str:
        tries.append(1)
        if len(tries) < 3:
            raise AgentUnreachable("flaky", "no answer")
        return "up"

    agent = does("flaky", flaky)
    once = await ran(lambda run: run.call("flaky", HELLO), agent, clock=SleepyClock())
    assert (isinstance(once.failure, AgentUnreachable), len(tries)) == (True, 1)

    async def patient(run: Run) -> Message:
        return await run.call("flaky", HELLO, retry=Retry(attempts=2))

    assert (await ran(patient, agent, clock=SleepyClock())).text == "up"


async def test_a_writing_tool_keeps_its_key_when_its_agent_is_called_again() -> None:
    keys: list[str] = []

    @tool(effect="write")
    async def write(context: ToolContext) -> None:
        """Write."""
        keys.append(context.idempotency_key)

    async def flaky(run: Run) -> str:
        await run.use(write, {})
        if len(keys) < 2:
            raise AgentUnreachable("flaky", "lost on the way back")
        return "done"

    async def main(run: Run) -> Message:
        return await run.call("flaky", HELLO, retry=Retry(attempts=2))

    record = await ran(main, does("flaky", flaky), clock=SleepyClock())
    assert record.text == "done"
    assert len(keys) == 2
    assert len(set(keys)) == 1
