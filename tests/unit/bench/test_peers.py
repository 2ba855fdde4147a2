"""What is measured beside others: how rounds become a verdict, and what each program is held to."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bench.peers import bare, loading, ours, tasks, typed
from bench.peers.programs import PEERS, PROGRAMS
from bench.peers.rows import ROWS, Row, verdict
from bench.peers.worker import ANSWERS, checked

COST = Row("X", "something", "us", ("core", "agent", "cpu_us"), 4)
MEMORY = Row("Y", "memory", "kB", ("core", "agent", "cpu_us"), None, None, 12)


def rounds(**costs: list[float]) -> list[dict[str, Any]]:
    """Rounds in which each program has these costs."""
    number = len(next(iter(costs.values())))
    return [
        {name: {"core.agent": {"cpu_us": its[at]}} for name, its in costs.items()}
        for at in range(number)
    ]


def test_the_ratio_is_the_median_of_those_inside_the_rounds() -> None:
    told = verdict(COST, rounds(typed=[1, 10, 2], ours=[3, 40, 2]), [])

    assert told.times == 3
    assert not told.missed


@pytest.mark.parametrize(
    ("typed_us", "ours_us", "peer_us", "missed"),
    [(10, 40, 80, False), (10, 41, 90, True), (10, 40, 79, True), (10, 5, 5, True)],
)
def test_a_row_is_missed_beside_the_floor_or_beside_the_best_peer(
    typed_us: float, ours_us: float, peer_us: float, missed: bool
) -> None:
    told = verdict(
        COST, rounds(typed=[typed_us], ours=[ours_us], a=[peer_us], b=[500.0]), ["a", "b", "gone"]
    )

    assert told.best == "a"
    assert told.missed is missed


def test_a_row_that_cannot_be_told_is_missed() -> None:
    assert verdict(COST, rounds(typed=[1.0]), []).missed
    assert verdict(COST, rounds(ours=[1.0]), []).missed


@pytest.mark.parametrize(("kilobytes", "missed"), [(12.0, False), (12.5, True)])
def test_a_row_may_have_an_aim_of_its_own(kilobytes: float, missed: bool) -> None:
    assert verdict(MEMORY, rounds(ours=[kilobytes], typed=[1.0]), []).missed is missed


def test_every_peer_is_pinned_and_has_its_program() -> None:
    for peer in PEERS:
        assert all(re.fullmatch(r"[\w-]+==[\d.]+", one) for one in peer.requirements), peer.name
    assert all(program.file.is_file() for program in PROGRAMS)
    assert len({program.name for program in PROGRAMS}) == len(PROGRAMS)
    assert len({row.key for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("program", [bare, typed, ours], ids=["bare", "typed", "ours"])
@pytest.mark.parametrize("name", [*ANSWERS, "fan_out", "own_fan_out"])
async def test_the_floors_and_ours_do_the_task(program: Any, name: str) -> None:
    given = (3, 0.0) if "fan" in name else ()
    run = await loading.run_of(getattr(program, name), *given)

    checked(await run(), ["ok"] * 3 if given else ANSWERS[name])


def test_a_wrong_answer_is_refused() -> None:
    with pytest.raises(AssertionError, match="wrong answer: 'nothing'"):
        checked("nothing", tasks.BOOKED)
