"""Before every tool: arguments, permission, hooks."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from batuta.core.principal import READ, Principal
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.tool import Approve, Deny, Edit, Hook, ToolUse, Verdict, tool
from batuta.errors import AccessDenied, ToolRetry
from tests.unit.core.rig import named, ran

READER = Principal("rita", "Rita", frozenset({READ}))
done: list[Any] = []


@tool(effect="write")
async def book(day: dt.date, court: str = "A") -> str:
    """Book a court."""
    done.append((day, court))
    return f"{day} {court}"


@tool
async def look(day: dt.date) -> str:
    """Look."""
    return str(day)


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    done.clear()


def says(verdict: Verdict, seen: list[ToolUse] | None = None) -> Hook:
    async def hook(use: ToolUse) -> Verdict:
        if seen is not None:
            seen.append(use)
        return verdict

    return hook


async def booked(*hooks: Hook, arguments: Any = None, **more: Any) -> RunRecord:
    async def main(run: Run) -> str:
        given = {"day": "2026-03-02"} if arguments is None else arguments
        return await run.use(book, given, by="model")

    return await ran(main, hooks=hooks, **more)


async def test_who_may_not_write_is_denied_and_nothing_happens() -> None:
    record = await booked(principal=READER)
    assert isinstance(record.failure, AccessDenied)
    assert str(record.failure).startswith("rita may not use book")
    assert done == []


async def test_who_may_not_write_may_read() -> None:
    record = await ran(lambda run: run.use(look, {"day": "2026-03-02"}), principal=READER)
    assert record.text == "2026-03-02"


async def test_bad_arguments_are_refused_before_any_hook() -> None:
    seen: list[ToolUse] = []
    record = await booked(says(Approve(), seen), arguments={"day": "never"})
    assert isinstance(record.failure, ToolRetry)
    assert (seen, done) == ([], [])


async def test_a_hook_sees_what_will_happen_and_who_wants_it() -> None:
    seen: list[ToolUse] = []
    await booked(says(Approve(), seen))
    (use,) = seen
    assert use.tool is book
    assert use.arguments == {"day": dt.date(2026, 3, 2), "court": "A"}
    assert (use.principal.id, use.by, use.span) == ("local", "model", "1.1")


async def test_a_hook_can_deny_with_its_reason() -> None:
    seen: list[ToolUse] = []
    record = await booked(says(Deny("courts are closed")), says(Approve(), seen))
    assert isinstance(record.failure, AccessDenied)
    assert "courts are closed" in str(record.failure)
    assert (done, seen) == ([], [])
    assert [e.error and e.error[:12] for e in named(record.events, "tool", "end")] == [
        "AccessDenied"
    ]


async def test_a_hook_can_edit_and_the_next_sees_it() -> None:
    seen: list[ToolUse] = []
    edit = Edit({"day": "2026-03-03", "court": "B"})
    assert (await booked(says(edit), says(Approve(), seen))).text == "2026-03-03 B"
    assert seen[0].arguments == {"day": dt.date(2026, 3, 3), "court": "B"}
    assert done == [(dt.date(2026, 3, 3), "B")]


async def test_an_edit_is_validated_again() -> None:
    record = await booked(says(Edit({"day": "never"})))
    assert isinstance(record.failure, ToolRetry)
    assert done == []


async def test_hooks_are_asked_for_reading_tools_too() -> None:
    record = await ran(
        lambda run: run.use(look, {"day": "2026-03-02"}), hooks=[says(Deny("not now"))]
    )
    assert isinstance(record.failure, AccessDenied)


@pytest.mark.parametrize("answer", [None, False, True, "yes", Deny], ids=repr)
async def test_an_answer_that_is_no_verdict_lets_nothing_through(answer: Any) -> None:
    record = await booked(says(answer))
    assert record.error is not None
    assert done == []


async def test_a_hook_that_fails_lets_nothing_through() -> None:
    async def broken(use: ToolUse) -> Verdict:
        raise OSError("no connection")

    record = await booked(broken)
    assert record.error is not None
    assert done == []
