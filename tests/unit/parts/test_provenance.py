"""Ids come from results and from the user's own words, and from nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from batuta.core.message import Message
from batuta.core.principal import LOCAL
from batuta.core.session import Session
from batuta.core.tool import Approve, Deny, Tool, ToolUse, tool
from batuta.parts.provenance import OnlyOffered

only = OnlyOffered("slot_id")


@tool(effect="write")
def book(slot_id: str, note: str = "") -> None:
    """Book a slot."""


@tool
def look(slot_id: str) -> None:
    """Look at a slot."""


@tool(effect="write")
def clear() -> None:
    """Clear it all."""


def use(session: Session, asked: str = "", by: Tool = book, **arguments: Any) -> ToolUse:
    question = Message.user(asked)
    return ToolUse(by, arguments, LOCAL, "model", "1.1", session, question)


async def offering(result: Any) -> Session:
    session = Session("s", LOCAL.id)
    await only.after(use(session, by=look), result)
    return session


@pytest.mark.parametrize(
    "result",
    [
        {"slot_id": "m/1"},
        {"open": [{"court": "A", "slot_id": "m/1"}]},
        [{"deep": {"deeper": ({"slot_id": " M/1 "},)}}],
    ],
    ids=str,
)
async def test_an_id_in_a_field_of_a_result_is_offered(result: Any) -> None:
    session = await offering(result)
    assert await only(use(session, slot_id="m/1")) == Approve()


@pytest.mark.parametrize("result", [{}, "slot_id: m/1", {"note": "take m/1"}, {"id": "m/1"}, None])
async def test_an_id_that_a_result_only_speaks_of_is_not(result: Any) -> None:
    session = await offering(result)
    verdict = await only(use(session, slot_id="m/1"))
    assert isinstance(verdict, Deny)
    assert verdict.arguments == ("slot_id",)
    assert "The slot id m/1 was not offered" in verdict.reason


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("book m/1, please", True),
        ("M/1", True),
        ("book m/12", False),
        ("book am/1", False),
        ("book x-m/1", False),
        ("book it", False),
    ],
)
async def test_the_users_words_count_where_they_spell_it(words: str, right: bool) -> None:
    now, before = Session("s", LOCAL.id), Session("s", LOCAL.id)
    before.history = [Message.user(words), Message.assistant("Well.")]
    assert (await only(use(now, words, slot_id="m/1")) == Approve()) is right
    assert (await only(use(before, "yes", slot_id="m/1")) == Approve()) is right


async def test_a_models_own_words_do_not_count() -> None:
    session = Session("s", LOCAL.id)
    session.history = [
        Message.user("what is there?"),
        Message.assistant("m/1 is free."),
        Message("tool", "m/1 is free.", call_id="c", name="specialist"),
    ]
    assert isinstance(await only(use(session, slot_id="m/1")), Deny)


async def test_what_reads_or_takes_no_id_is_not_asked_about() -> None:
    session = Session("s", LOCAL.id)
    assert await only(use(session, by=look, slot_id="m/1")) == Approve()
    assert await only(use(session, by=clear)) == Approve()


async def test_offers_add_up_and_the_oldest_are_forgotten_at_last() -> None:
    session = await offering([{"slot_id": f"m/{n}"} for n in range(1000)])
    await only.after(use(session, by=look), {"slot_id": "last"})
    assert await only(use(session, slot_id="last")) == Approve()
    assert await only(use(session, slot_id="m/1")) == Approve()
    assert isinstance(await only(use(session, slot_id="m/0")), Deny)
    assert [type(v) for v in session.state.values()] == [list]
