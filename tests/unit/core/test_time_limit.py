"""A limit does what ``asyncio.timeout`` does, and sets no timer for work that never waits."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from batuta.core.time_limit import TimeLimit


async def _answer(turns: int = 0) -> str:
    for _ in range(turns):
        await asyncio.sleep(0)
    return "done"


async def _for_ever() -> str:
    await asyncio.get_running_loop().create_future()
    return "never"


async def _kept(limit: TimeLimit, work: Any) -> Any:
    return await limit.kept(work)


async def _caught() -> str:
    try:
        return await _for_ever()
    except asyncio.CancelledError:
        return "caught"


async def _in_other_words() -> str:
    try:
        return await _for_ever()
    except asyncio.CancelledError as error:
        raise ValueError("in other words") from error


@pytest.mark.parametrize("turns", [0, 1, 3])
def test_work_that_ends_in_time_gives_its_result(turns: int) -> None:
    async def work() -> tuple[str, int]:
        said = await TimeLimit(60).kept(_answer(turns))
        task: Any = asyncio.current_task()
        return said, task.cancelling()

    assert asyncio.run(work()) == ("done", 0)


def test_no_timer_is_set_for_work_that_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> list[float]:
        loop = asyncio.get_running_loop()
        made: list[float] = []
        call_at: Any = loop.call_at

        def counted(when: float, *told: Any, **more: Any) -> Any:
            made.append(when)
            return call_at(when, *told, **more)

        monkeypatch.setattr(loop, "call_at", counted)
        await TimeLimit(60).kept(_answer())
        before = list(made)
        await TimeLimit(60).kept(_answer(1))
        assert before == []
        return made

    assert len(asyncio.run(work())) == 1


def test_an_error_comes_through_as_it_is() -> None:
    async def broken(turns: int) -> None:
        await _answer(turns)
        raise KeyError("x")

    async def work(turns: int) -> None:
        await TimeLimit(60).kept(broken(turns))

    for turns in (0, 1):
        with pytest.raises(KeyError):
            asyncio.run(work(turns))


def test_work_that_takes_longer_is_cut_and_the_task_goes_on() -> None:
    async def work() -> int:
        with pytest.raises(TimeoutError) as caught:
            await TimeLimit(0).kept(_for_ever())
        assert isinstance(caught.value.__cause__, asyncio.CancelledError)
        await asyncio.sleep(0)
        task: Any = asyncio.current_task()
        return task.cancelling()

    assert asyncio.run(work()) == 0


def test_what_the_work_makes_of_its_end_counts_and_the_task_is_not_cancelled() -> None:
    async def work() -> tuple[str, int]:
        said = await TimeLimit(0).kept(_caught())
        with pytest.raises(ValueError, match="in other words"):
            await TimeLimit(0).kept(_in_other_words())
        task: Any = asyncio.current_task()
        return said, task.cancelling()

    assert asyncio.run(work()) == ("caught", 0)


def test_a_cancellation_by_somebody_else_stays_one() -> None:
    async def work() -> bool:
        task = asyncio.create_task(_kept(TimeLimit(60), _for_ever()))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        return task.cancelled()

    assert asyncio.run(work())


def test_a_cancellation_beside_the_end_stays_one() -> None:
    async def work() -> bool:
        limit = TimeLimit(None)
        task = asyncio.create_task(_kept(limit, _for_ever()))
        await asyncio.sleep(0)
        limit.reschedule(asyncio.get_running_loop().time())
        task.cancel()
        await asyncio.wait({task})
        return task.cancelled()

    assert asyncio.run(work())


def test_the_end_can_be_taken_away_and_set_anew_before_and_while_it_waits() -> None:
    async def work() -> list[str]:
        early = TimeLimit(0)
        early.reschedule(None)
        said = [await early.kept(_answer(3))]
        limit = TimeLimit(0)

        async def moved() -> str:
            limit.reschedule(None)
            await _answer(3)
            limit.reschedule(asyncio.get_running_loop().time())
            return await _for_ever()

        with pytest.raises(TimeoutError):
            await limit.kept(moved())
        limit.reschedule(0.0)  # nothing is left to end
        await asyncio.sleep(0)
        return said

    assert asyncio.run(work()) == ["done"]


async def test_a_limit_ends_work_that_waits_for_something_else_each_time() -> None:
    limit, waits = TimeLimit(None), asyncio.Event()

    async def work() -> str:
        for _ in range(3):
            await asyncio.sleep(0)
        waits.set()
        return await _for_ever()

    task = asyncio.create_task(_kept(limit, work()))
    await waits.wait()
    limit.reschedule(asyncio.get_running_loop().time())
    with pytest.raises(TimeoutError):
        await task
