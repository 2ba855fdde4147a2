"""Spans, counts and values of one's own: a part of the run's trace, or the collector's alone."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from batuta import count, record, span
from batuta.core import custom
from batuta.core.custom import OwnMeasure, OwnSpan, listeners
from batuta.core.message import Message
from batuta.core.run import Run
from batuta.core.tool import tool
from tests.unit.core.rig import HELLO, does, ran


class Heard:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.told: list[OwnSpan | OwnMeasure] = []

    def put(self, own: OwnSpan | OwnMeasure, /) -> None:
        self.told.append(own)


@pytest.fixture
def heard() -> Generator[Heard]:
    made = Heard()
    listeners.append(made)
    yield made
    listeners.remove(made)


async def test_a_span_in_a_run_is_a_step_inside_the_agent_that_opened_it() -> None:
    async def inner(run: Run) -> str:
        with span("outer", records=1000), span("inner"):
            count("seen", court="A")
        return "ok"

    async def main(run: Run) -> Message:
        return await run.call(does("desk", inner), HELLO)

    made = await ran(main)
    outer, inside = (e for e in made.events if e.kind == "step" and e.phase == "start")
    assert (outer.parent, outer.by, outer.data) == ("1.1", "code", {"records": 1000})
    assert inside.parent == outer.span
    (seen,) = (e for e in made.events if e.kind == "measure")
    assert seen.parent == inside.span
    assert seen.data == {"what": "count", "value": 1, "labels": {"court": "A"}}


async def test_a_span_of_a_tool_that_works_alone_hangs_in_the_tool() -> None:
    @tool
    def plain() -> str:
        """Work in a thread."""
        with span("read file"):
            record("bytes", 12)
        return "ok"

    async def main(run: Run) -> None:
        await run.use(plain, {})

    made = await ran(main)
    used = next(e for e in made.events if e.kind == "tool")
    read = next(e for e in made.events if e.kind == "step")
    assert read.parent == used.span


async def test_a_span_that_fails_says_so_and_takes_no_places_from_what_is_recorded() -> None:
    async def main(run: Run) -> str:
        first = run.path
        with pytest.raises(ValueError, match="no"), span("breaks"):
            raise ValueError("no")
        await run.step("own", _nothing)
        return first

    made = await ran(main)
    ended = next(e for e in made.events if e.name == "breaks" and e.phase == "end")
    assert ended.error == "ValueError: no"
    assert next(e for e in made.events if e.name == "own").span == "1.1"


async def _nothing() -> None:
    """Do nothing."""


def test_outside_of_runs_a_span_goes_to_who_listens(heard: Heard) -> None:
    with span("import", rows=2), span("parse"):
        count("rows", 2)
    rows, parse, whole = heard.told
    assert isinstance(rows, OwnMeasure)
    assert isinstance(parse, OwnSpan)
    assert isinstance(whole, OwnSpan)
    assert (parse.trace, parse.around) == (whole.trace, whole.place)
    assert (whole.around, whole.attributes, whole.error) == ("", {"rows": 2}, None)
    assert whole.start_ns <= parse.start_ns <= parse.end_ns <= whole.end_ns


def test_nobody_who_listens_hears_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custom, "listeners", [])
    with span("alone"):
        count("n")
        record("v", 1.5)
    assert custom.listeners == []


def test_a_counter_never_falls() -> None:
    with pytest.raises(ValueError, match="takes 0 or more"):
        count("n", -1)
