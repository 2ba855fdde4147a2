"""What every ``TurnStore`` must do; a test module subclasses it, with ``house``."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass, replace

import pytest

from batuta.core.message import Message, ToolCall
from batuta.core.record import RunRecord, RunStore
from batuta.core.session import Session, SessionStore
from batuta.core.turn import KeptTurn, TurnStore
from batuta.errors import RecordNotFound, SessionError

CALL = ToolCall("c", "book", {"court": "A"})


@dataclass(frozen=True)
class House:
    """A store of turns, and the two that it keeps them in."""

    sessions: SessionStore
    records: RunStore
    turns: TurnStore


def turn(text: str, session: Session | None, principal_id: str = "ana") -> KeptTurn:
    """Make a turn of four messages; its run's id is its text."""
    said = [
        Message.user(text),
        Message("assistant", "", tool_calls=(CALL,)),
        Message.tool(CALL, "done \ud83c\0 🎾", {"ok": True}),
        Message.assistant(f"{text}: done"),
    ]
    record = RunRecord(
        run_id=text,
        agent="a",
        principal_id=principal_id,
        question=said[0],
        reply=said[-1],
        events=(),
        steps=tuple(said[1:-1]),
    )
    return KeptTurn(record=record, session=session, said=said, updated_at="2019-03-02")


def texts(session: Session) -> list[str]:
    return [message.text for message in session.history if message.role == "user"]


class TurnStoreContract:
    """Tests of one store; ``house`` is empty and open."""

    async def test_a_turn_is_kept_with_its_record(self, house: House) -> None:
        mine = Session("s", "ana", state={"court": "A"})
        first = turn("one", mine)
        await house.turns.keep(replace(first, request_key="k"))
        found = await house.sessions.load("s", "ana")
        assert found == Session("s", "ana", list(first.said), {"court": "A"}, 1, "2019-03-02")
        assert await house.records.find("k", "ana") == first.record

    async def test_what_is_no_json_is_kept_as_json(self, house: House) -> None:
        day = dt.date(2019, 3, 2)
        first = turn("one", Session("s", "ana", state={"day": day}))
        answer = Message.assistant("Done.", {"day": day})
        said = [*first.said[:-1], answer]
        await house.turns.keep(
            replace(first, said=said, record=replace(first.record, reply=answer))
        )
        found = await house.sessions.load("s", "ana")
        record = await house.records.load("one", "ana")
        assert found.state == found.history[-1].data == {"day": "2019-03-02"}
        assert record.answer().data == {"day": "2019-03-02"}

    async def test_turns_follow_each_other(self, house: House) -> None:
        for number, text in enumerate(("one", "two", "three")):
            mine = await house.sessions.load("s", "ana") if number else Session("s", "ana")
            mine.state["turns"] = number
            await house.turns.keep(turn(text, mine))
        found = await house.sessions.load("s", "ana")
        assert (texts(found), found.version, found.state) == (
            ["one", "two", "three"], 3, {"turns": 2},
        )  # fmt: skip
        (listed,) = await house.sessions.list("ana")
        assert listed.updated_at == "2019-03-02"

    async def test_a_second_time_changes_nothing(self, house: House) -> None:
        mine = Session("s", "ana")
        first = turn("one", mine)
        await house.turns.keep(first)
        stood = await house.sessions.load("s", "ana")
        for session in (Session("s", "ana"), await house.sessions.load("s", "ana")):
            await house.turns.keep(replace(first, session=session))
        assert (await house.sessions.load("s", "ana")).history == stood.history
        assert await house.records.list("ana") == [first.record]

    async def test_a_turn_after_which_another_was_kept_meanwhile_comes_after_it(
        self, house: House
    ) -> None:
        await house.turns.keep(turn("one", Session("s", "ana")))
        here, there = [await house.sessions.load("s", "ana") for _ in range(2)]
        here.state, there.state = {"by": "here"}, {"by": "there"}
        await house.turns.keep(turn("here", here))
        await house.turns.keep(turn("there", there))
        found = await house.sessions.load("s", "ana")
        assert (texts(found), found.state) == (["one", "here", "there"], {"by": "there"})

    async def test_a_conversation_that_another_began_meanwhile_goes_on(self, house: House) -> None:
        mine, its = Session("s", "ana"), Session("s", "ana")
        await house.turns.keep(turn("one", its))
        await house.turns.keep(turn("two", mine))
        assert texts(await house.sessions.load("s", "ana")) == ["one", "two"]

    async def test_the_oldest_messages_go(self, house: House) -> None:
        for number, text in enumerate(("one", "two", "three")):
            mine = await house.sessions.load("s", "ana") if number else Session("s", "ana")
            await house.turns.keep(replace(turn(text, mine), most_messages=6))
        found = await house.sessions.load("s", "ana")
        assert [m.text for m in found.history][-2:] == ["done \ud83c\0 🎾", "three: done"]
        assert (len(found.history), texts(found)) == (6, ["three"])
        # As one long turn may be longer than all that is kept.
        await house.turns.keep(replace(turn("four", found), most_messages=1))
        assert [m.text for m in (await house.sessions.load("s", "ana")).history] == ["four: done"]

    async def test_a_turn_without_a_conversation_is_a_record(self, house: House) -> None:
        failed = replace(turn("one", None), said=())
        await house.turns.keep(failed)
        assert await house.records.load("one", "ana") == failed.record
        assert await house.sessions.list("ana") == []

    async def test_a_conversation_that_was_deleted_is_not_made_again(self, house: House) -> None:
        await house.turns.keep(turn("one", Session("s", "ana")))
        mine = await house.sessions.load("s", "ana")
        await house.sessions.delete("s", "ana")
        await house.turns.keep(turn("two", mine))
        assert await house.sessions.list("ana") == []
        assert {each.run_id for each in await house.records.list("ana")} == {"one", "two"}
        with pytest.raises(SessionError):
            await house.sessions.load("s", "ana")

    async def test_anothers_conversation_is_left_alone(self, house: House) -> None:
        await house.turns.keep(turn("one", Session("s", "ana")))
        await house.turns.keep(turn("two", Session("s", "bob"), "bob"))
        assert texts(await house.sessions.load("s", "ana")) == ["one"]
        assert await house.sessions.list("bob") == []
        assert [each.run_id for each in await house.records.list("bob")] == ["two"]

    async def test_a_record_of_anothers_is_not_saved_over(self, house: House) -> None:
        first = turn("one", Session("s", "ana"))
        await house.turns.keep(first)
        with pytest.raises(RecordNotFound):
            await house.turns.keep(turn("one", Session("t", "bob"), "bob"))
        assert await house.records.load("one", "ana") == first.record

    async def test_many_turns_at_once_are_all_kept(self, house: House) -> None:
        async def talk(person: int) -> None:
            for number in range(4):
                mine = Session(f"s{person}", "ana")
                if number:
                    mine = await house.sessions.load(f"s{person}", "ana")
                await house.turns.keep(turn(f"{person}-{number}", mine))

        async with asyncio.TaskGroup() as group:
            for person in range(8):
                group.create_task(talk(person))
        for person in range(8):
            found = await house.sessions.load(f"s{person}", "ana")
            assert texts(found) == [f"{person}-{number}" for number in range(4)]
        assert len(await house.records.list("ana", limit=100)) == 32
