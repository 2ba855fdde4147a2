from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from batuta.core.message import Message
from batuta.core.run import Run
from batuta.core.together import Outcome, together, until
from batuta.errors import AgentFailed, BatutaError, BudgetExceeded, ReplayMismatch, ToolFailed
from tests.unit.core.rig import HELLO, does, echo, hosted, others, ran, settled


async def gives(value: Any, *, after: asyncio.Event | None = None) -> Any:
    if after is not None:
        await after.wait()
    return value


async def fails(error: BaseException, *, after: asyncio.Event | None = None) -> Any:
    if after is not None:
        await after.wait()
    raise error


class Watched:
    """Work that never ends by itself, and says what became of it."""

    def __init__(self) -> None:
        self.began = self.cancelled = False

    async def work(self) -> None:
        self.began = True
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise


async def test_results_come_in_the_order_given_whoever_is_first() -> None:
    last = asyncio.Event()

    async def opens() -> str:
        last.set()
        return "second"

    assert await together([gives("first", after=last), opens()]) == ["first", "second"]


async def test_a_replay_that_does_not_fit_is_nobodys_partial_failure() -> None:
    with pytest.raises(ReplayMismatch):
        await together([gives(1), fails(ReplayMismatch("f", "changed"))], on_error="partial")


async def test_nothing_to_do_gives_nothing() -> None:
    assert await together([]) == []


@pytest.mark.parametrize("mode", ["fail_fast", "partial"])
async def test_a_limit_holds_and_keeps_the_order(mode: Any) -> None:
    working, peak = 0, 0

    async def one(number: int) -> int:
        nonlocal working, peak
        working += 1
        peak = max(peak, working)
        await settled(number % 3 + 1)
        working -= 1
        return number

    made = await together([one(n) for n in range(12)], limit=3, on_error=mode)
    assert peak == 3
    assert made == (list(range(12)) if mode == "fail_fast" else [Outcome(n) for n in range(12)])


async def test_a_limit_below_one_is_refused_and_leaves_no_loose_coroutine() -> None:
    with pytest.raises(ValueError, match="limit"):
        await together([gives(1)], limit=0)
    gc.collect()


async def test_the_first_error_cancels_the_siblings_at_once() -> None:
    watched = [Watched(), Watched()]
    work = [watched[0].work(), fails(ToolFailed("t", "broken")), watched[1].work()]
    with pytest.raises(ToolFailed, match="broken"):
        await together(work)
    assert all(w.began and w.cancelled for w in watched)
    assert others() == set()


async def test_siblings_that_wait_for_the_limit_never_begin_and_leave_no_warning() -> None:
    watched = [Watched() for _ in range(5)]
    with pytest.raises(ToolFailed):
        await together([fails(ToolFailed("t", "x")), *(w.work() for w in watched)], limit=1)
    gc.collect()
    assert not any(w.began for w in watched[1:])
    assert others() == set()


async def test_work_that_was_cancelled_before_it_began_leaves_no_warning() -> None:
    async def cut() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await together([gives(1), gives(2)])

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(cut())
    gc.collect()


async def test_of_several_errors_the_first_in_order_is_raised() -> None:
    go = asyncio.Event()

    async def opens() -> None:
        go.set()

    errors = [ToolFailed("t", "one"), ToolFailed("t", "two")]
    with pytest.raises(ToolFailed, match="one"):
        await together([fails(errors[0], after=go), fails(errors[1], after=go), opens()])


async def test_an_error_that_comes_later_goes_before_by_the_order_given() -> None:
    async def fails_when_cancelled() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ToolFailed("t", "first in order, second in time") from None

    with pytest.raises(ToolFailed, match="first in order"):
        await together([fails_when_cancelled(), fails(ToolFailed("t", "first in time"))])


async def test_an_error_keeps_its_cause() -> None:
    async def broken(run: Run) -> str:
        raise KeyError("inner")

    async def main(run: Run) -> str:
        try:
            await run.together(run.call("broken", HELLO), run.call("fine", HELLO))
        except AgentFailed as error:
            return type(error.__cause__).__name__
        return "no error"

    record = await ran(main, does("broken", broken), echo("fine"))
    assert record.text == "KeyError"


async def test_a_programmers_error_is_raised_as_itself_in_either_mode() -> None:
    for mode in ("fail_fast", "partial"):
        with pytest.raises(ZeroDivisionError):
            await together([gives(1), fails(ZeroDivisionError())], on_error=mode)


async def test_partial_gives_each_its_own_outcome() -> None:
    error = ToolFailed("t", "broken")
    made = await together([gives(1), fails(error), gives(3)], on_error="partial")
    assert made == [Outcome(1), Outcome(error=error), Outcome(3)]
    assert [o.ok for o in made] == [True, False, True]


async def test_partial_keeps_going_after_an_error() -> None:
    later = asyncio.Event()
    failing = fails(ToolFailed("t", "x"))

    async def opens() -> str:
        await settled()
        later.set()
        return "opened"

    made = await together([failing, gives("late", after=later), opens()], on_error="partial")
    assert [o.value for o in made] == [None, "late", "opened"]


async def test_cancelling_the_caller_cancels_every_one() -> None:
    watched = [Watched() for _ in range(3)]
    task = asyncio.create_task(together([w.work() for w in watched]))
    await settled()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert all(w.cancelled for w in watched)
    assert others() == set()


async def test_partial_does_not_take_a_cancellation_for_an_outcome() -> None:
    watched = Watched()
    task = asyncio.create_task(together([watched.work(), gives(1)], on_error="partial"))
    await settled()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_agents_called_together_are_cancelled_with_their_own_children() -> None:
    watched = Watched()
    ready = asyncio.Event()

    async def deep(run: Run) -> None:
        ready.set()
        await watched.work()

    async def middle(run: Run) -> Message:
        return await run.call("deep", HELLO)

    async def bad(run: Run) -> None:
        await ready.wait()
        raise ToolFailed("t", "stop all")

    async def main(run: Run) -> None:
        await run.together(run.call("middle", HELLO), run.call("bad", HELLO))

    record = await ran(main, does("deep", deep), does("middle", middle), does("bad", bad))
    assert record.error == {"code": "tool_failed", "message": "Tool t: stop all"}
    assert watched.cancelled
    assert others() == set()


async def test_partial_calls_give_the_errors_of_each_agent() -> None:
    async def broken(run: Run) -> None:
        raise ValueError("oh")

    found: list[Outcome[Message]] = []

    async def main(run: Run) -> int:
        calls = (run.call(name, HELLO) for name in ("fine", "broken", "nobody", "fine"))
        found.extend(await run.together(*calls, on_error="partial"))
        return len(found)

    await ran(main, echo("fine"), does("broken", broken))
    codes = [o.error.code if o.error else o.value and o.value.text for o in found]
    assert codes == ["hello", "agent_failed", "agent_not_found", "hello"]


async def test_a_budget_spent_by_one_is_an_outcome_of_the_others_in_partial_mode() -> None:
    from batuta.core.budget import Budget

    kinds: list[BatutaError | None] = []

    async def main(run: Run) -> str:
        made = await run.together(*(run.ask([HELLO]) for _ in range(3)), on_error="partial")
        kinds.extend(o.error for o in made)
        return "done"

    record = await ran(main, budget=Budget(model_calls=2))
    assert [type(k) for k in kinds] == [type(None), type(None), BudgetExceeded]
    assert record.stop_reason == "done"


async def test_a_call_cancelled_by_its_own_doing_harms_no_sibling() -> None:
    async def odd(run: Run) -> None:
        raise asyncio.CancelledError

    async def main(run: Run) -> list[Any]:
        made = await run.together(
            run.call("odd", HELLO), run.call("fine", HELLO), on_error="partial"
        )
        return [o.error.code if o.error else o.value.text for o in made]

    record = await ran(main, does("odd", odd), echo("fine"))
    assert record.text == "['agent_failed', 'hello']"


async def test_runs_called_several_stand_alone() -> None:
    async def odd(run: Run) -> None:
        raise asyncio.CancelledError

    runtime = hosted(does("odd", odd), echo("fine"))
    records = await runtime.call_several([("odd", HELLO), ("fine", HELLO)])
    assert [r.stop_reason for r in records] == ["error", "done"]


async def test_until_there_is_enough_the_rest_is_cancelled_and_nobody_waits_for_it() -> None:
    watched = [Watched(), Watched()]
    work: list[Any] = [watched[0].work(), gives(1), watched[1].work(), gives(2)]
    made = await until(work, lambda ended: len(ended) == 2)
    assert made == [None, 1, None, 2]
    assert all(w.cancelled for w in watched)
    assert others() == set()


async def test_enough_hears_results_in_the_order_of_time() -> None:
    last = asyncio.Event()
    heard: list[list[str]] = []

    async def opens() -> str:
        last.set()
        return "second"

    def enough(ended: Any) -> bool:
        heard.append(list(ended))
        return False

    assert await until([gives("first", after=last), opens()], enough) == ["first", "second"]
    assert heard == [["second"], ["second", "first"]]


async def test_until_leaves_no_loose_coroutine_and_keeps_to_its_limit() -> None:
    watched = Watched()
    assert await until([gives(1), watched.work()], lambda _: True, limit=1) == [1, None]
    assert not watched.began
    gc.collect()
    with pytest.raises(ToolFailed, match="broken"):
        await until([watched.work(), fails(ToolFailed("t", "broken"))], lambda _: False)
    assert watched.cancelled


async def test_what_ends_after_enough_does_not_count() -> None:
    async def late() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "late"
        return "never"

    asked: list[int] = []

    def enough(ended: Any) -> bool:
        asked.append(len(ended))
        return True

    async def quick() -> str:
        await settled()
        return "quick"

    assert await until([late(), quick()], enough) == [None, "quick"]
    assert asked == [1]
