"""Conversations: whose they are, what is kept, and what happens to two messages at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from batuta.app import App
from batuta.assistant import Ask, Assistant, Limits, clean
from batuta.core.clock import FixedClock
from batuta.core.kept_content import KeptContent
from batuta.core.message import Message
from batuta.core.model import ModelReply, ModelRequest
from batuta.core.principal import LOCAL, Principal
from batuta.core.record import RunRecord
from batuta.core.tool import tool
from batuta.core.tool_context import ToolContext
from batuta.core.trace import Event
from batuta.errors import (
    InvalidInput,
    ModelRefused,
    RecordNotFound,
    RequestKeyReused,
    SessionError,
)
from batuta.storage.sqlite import SqliteRuns, SqliteSessions
from batuta.testing.scripted import ScriptedModel, calls
from tests.unit.core.rig import NOW, settled

ANA, BOB = Principal("ana"), Principal("bob")
keys: list[str] = []


@tool(effect="write")
async def book(context: ToolContext) -> str:
    """Book."""
    keys.append(context.idempotency_key)
    return "booked"


@pytest.fixture(autouse=True)
def no_keys() -> None:
    keys.clear()


def assistant(*lines: Any, model: Any = None, **chosen: Any) -> Assistant:
    app = App(name="app", instructions="Help.", tools=[book])
    return app.assistant("d", model=model or ScriptedModel(lines), **chosen)


class Held:
    """A model whose answer to the n-th question waits until it is let go."""

    name = "scripted:held"

    def __init__(self) -> None:
        self.requests: list[ModelRequest] = []
        self.gates = [asyncio.Event() for _ in range(4)]
        self.asked = [asyncio.Event() for _ in range(4)]

    async def reply(self, request: ModelRequest, emit: Any = None) -> ModelReply:
        number = len(self.requests)
        self.requests.append(request)
        self.asked[number].set()
        await self.gates[number].wait()
        return ModelReply(f"answer {number + 1}", model=self.name)


async def words(made: Assistant, record: RunRecord) -> list[str]:
    session = await made.sessions.load(record.session_id, record.principal_id)
    return [m.text for m in session.history]


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\x00\x07\x1b", "\u200b\u202e", "\ud800"])
async def test_a_message_of_nothing_is_refused(text: str) -> None:
    made = assistant()
    with pytest.raises(InvalidInput, match="empty"):
        await made.chat(text)
    assert await made.records.list("local") == []


async def test_a_message_that_is_too_long_is_refused_unread() -> None:
    made = assistant(limits=Limits(message_chars=10))
    with pytest.raises(InvalidInput, match="Send at most 10"):
        await made.chat("x" * 11)
    with pytest.raises(InvalidInput):
        await assistant().chat("x" * 1_000_000)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  hello \x00world\x07 ", "hello world"),
        ("two\nlines\tand tabs", "two\nlines\tand tabs"),
        ("明日の午後２時", "明日の午後２時"),
        ("غدًا", "غدًا"),
        ("🎾 café", "🎾 café"),
        ("tomorrow\u00a0at 4\u202fpm", "tomorrow at 4 pm"),
        ("明日\u3000午後", "明日 午後"),
        ("one\r\ntwo\rthree", "one \ntwo three"),
    ],
)
def test_control_characters_go_and_words_stay_apart(text: str, kept: str) -> None:
    assert clean(text, 100) == kept


async def test_a_conversation_goes_on_under_its_id() -> None:
    model = ScriptedModel(["one", "two"])
    made = assistant(model=model)
    first = await made.chat("a")
    second = await made.chat("b", first.session_id)
    assert first.session_id
    assert first.session_id == second.session_id
    assert [m.text for m in model.requests[1].messages[1:]] == ["a", "one", "b"]
    assert await words(made, second) == ["a", "one", "b", "two"]


async def test_without_an_id_each_message_begins_a_conversation() -> None:
    made = assistant("one", "two")
    assert (await made.chat("a")).session_id != (await made.chat("b")).session_id


async def test_an_unknown_and_somebody_elses_session_are_the_same_to_a_stranger() -> None:
    made = assistant("secret", "x")
    session_id = (await made.chat("my secret", principal=ANA)).session_id
    said: list[str] = []
    for other in (session_id, session_id.replace("ses_", "ses_0")):
        with pytest.raises(SessionError) as caught:
            await made.chat("tell me", other, principal=BOB)
        said.append(str(caught.value).replace(other, "ID"))
    assert said[0] == said[1]
    assert await made.records.list("bob") == []


async def test_records_are_kept_for_their_principal_alone() -> None:
    made = assistant("one", ModelRefused("m"))
    good = await made.chat("a", principal=ANA)
    bad = await made.chat("b", principal=ANA)
    for record in (good, bad):
        assert await made.records.load(record.run_id, "ana") == record
        with pytest.raises(RecordNotFound):
            await made.records.load(record.run_id, "bob")
    assert (good.style, good.app, bad.stop_reason) == ("d", "app", "error")


async def test_a_failed_run_leaves_the_conversation_as_it_was() -> None:
    made = assistant("one", ModelRefused("m"), "three")
    first = await made.chat("a")
    before = await made.sessions.load(first.session_id, "local")
    failed = await made.chat("b", first.session_id)
    assert failed.error is not None
    assert await made.sessions.load(first.session_id, "local") == before
    third = await made.chat("c", first.session_id)
    assert await words(made, third) == ["a", "one", "c", "three"]


async def test_a_failed_run_that_did_something_tells_the_conversation_so() -> None:
    made = assistant("one", calls(("book", {})), ModelRefused("m"), "three")
    first = await made.chat("a")
    failed = await made.chat("b", first.session_id)
    assert [effect.text for effect in failed.effects] == ["book (booked)"]
    third = await made.chat("c", first.session_id)
    note = "(This was cut short before it was answered. This is done and need not be done again: "
    note += "book (booked). Nothing else was done.)"
    assert await words(made, third) == ["a", "one", "b", note, "c", "three"]
    assert keys == keys[:1]


async def test_a_conversation_that_never_had_an_answer_is_not_kept() -> None:
    made = assistant(ModelRefused("m"))
    failed = await made.chat("a")
    with pytest.raises(SessionError):
        await made.chat("b", failed.session_id)


async def test_two_messages_at_once_are_answered_one_after_the_other() -> None:
    model = Held()
    made = assistant(model=model)
    model.gates[0].set()
    session_id = (await made.chat("a")).session_id
    first = asyncio.create_task(made.chat("b", session_id))
    await settled()
    second = asyncio.create_task(made.chat("c", session_id))
    await model.asked[1].wait()
    for _ in range(2):  # the store works in order: once we have read, so would the second have
        await made.sessions.load(session_id, "local")
        await settled()
    assert len(model.requests) == 2
    model.gates[1].set()
    model.gates[2].set()
    await first
    record = await second
    assert await words(made, record) == ["a", "answer 1", "b", "answer 2", "c", "answer 3"]


async def test_messages_to_different_conversations_go_side_by_side() -> None:
    model = Held()
    made = assistant(model=model)
    tasks = [asyncio.create_task(made.chat(text)) for text in "ab"]
    await model.asked[1].wait()
    for gate in model.gates:
        gate.set()
    assert len({(await task).session_id for task in tasks}) == 2


async def test_a_turn_of_another_process_meanwhile_is_kept_too() -> None:
    model = Held()
    made = assistant(model=model)
    other = assistant("elsewhere", sessions=made.sessions)
    model.gates[0].set()
    session_id = (await made.chat("a")).session_id
    slow = asyncio.create_task(made.chat("b", session_id))
    await model.asked[1].wait()
    await other.chat("x", session_id)
    model.gates[1].set()
    record = await slow
    assert await words(made, record) == ["a", "answer 1", "x", "elsewhere", "b", "answer 2"]


async def test_the_record_is_kept_even_where_the_conversation_is_gone_meanwhile() -> None:
    model = Held()
    made = assistant(model=model)
    model.gates[0].set()
    session_id = (await made.chat("a")).session_id
    slow = asyncio.create_task(made.chat("b", session_id))
    await model.asked[1].wait()
    await made.sessions.delete(session_id, "local")
    model.gates[1].set()
    await asyncio.gather(slow, return_exceptions=True)
    assert [r.text for r in await made.records.list("local")] == ["answer 2", "answer 1"]


async def test_the_same_request_again_gives_the_same_answer_and_one_effect() -> None:
    made = assistant(calls(("book", {})), "booked")
    ask = Ask(text="book", principal=ANA, request_key="k1")
    first = await made.answer(ask)
    assert await made.answer(ask) == first
    with pytest.raises(RequestKeyReused):
        await made.answer(replace(ask, text="other words"))
    # As it always was: what was written before an upgrade is found again.
    assert keys == ["f3230384f3f157332662d865ec895407"]


async def test_the_same_request_at_once_is_done_once() -> None:
    model = Held()
    made = assistant(model=model)
    for gate in model.gates:
        gate.set()
    asks = [made.answer(Ask(text="a", request_key="k")) for _ in range(5)]
    records = await asyncio.gather(*asks)
    assert len(model.requests) == 1
    assert {r.run_id for r in records} == {records[0].run_id}


async def test_a_request_that_failed_after_its_effect_is_answered_with_it() -> None:
    made = assistant(calls(("book", {})), ModelRefused("m"), "It is booked.")
    ask = Ask(text="book", principal=ANA, request_key="k1")
    assert (await made.answer(ask)).error is not None
    again = await made.answer(ask)
    assert again.text == "It is booked."
    assert [effect.text for effect in again.effects] == ["book (booked)"]
    assert await made.answer(ask) == again
    assert len(keys) == 1


async def test_a_request_that_failed_before_any_effect_is_worked_on_again() -> None:
    made = assistant(ModelRefused("m"), calls(("book", {})), "booked")
    ask = Ask(text="book", principal=ANA, request_key="k1")
    assert (await made.answer(ask)).error is not None
    assert (await made.answer(ask)).text == "booked"
    assert len(keys) == 1


async def test_a_request_key_belongs_to_its_principal() -> None:
    made = assistant("for ana", "for bob")
    answers = [
        (await made.answer(Ask(text="a", principal=p, request_key="k"))).text for p in (ANA, BOB)
    ]
    assert answers == ["for ana", "for bob"]


async def test_a_cancelled_message_leaves_its_record_and_no_turn() -> None:
    model = Held()
    made = assistant(model=model)
    model.gates[0].set()
    first = await made.chat("a")
    cut = asyncio.create_task(made.chat("b", first.session_id))
    await model.asked[1].wait()
    cut.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cut
    newest = (await made.records.list("local"))[0]
    assert (newest.stop_reason, newest.question.text) == ("cancelled", "b")
    assert await words(made, first) == ["a", "answer 1"]
    model.gates[2].set()
    assert (await made.chat("c", first.session_id)).text == "answer 3"


async def test_a_model_sees_no_more_than_the_last_messages() -> None:
    model = ScriptedModel(["ok"], repeat=True)
    made = assistant(model=model, limits=Limits(history_messages=4, session_messages=6))
    session_id = None
    for number in range(6):
        session_id = (await made.chat(f"m{number}", session_id)).session_id
    assert [m.text for m in model.requests[-1].messages[1:]] == ["m3", "ok", "m4", "ok", "m5"]
    session = await made.sessions.load(session_id or "", "local")
    assert [m.text for m in session.history] == ["m3", "ok", "m4", "ok", "m5", "ok"]


async def test_one_message_may_have_a_clock_and_a_listener_of_its_own() -> None:
    heard: list[Event] = []
    model = ScriptedModel(["ok"])
    made = assistant(model=model)
    record = await made.chat("a", clock=FixedClock(NOW), listener=heard.append)
    assert "Now: 2026-03-02T09:00 (Monday)" in model.requests[0].messages[0].text
    assert [e for e in heard if e.seq >= 0] == list(record.events)


async def test_the_callers_session_object_is_never_the_agents() -> None:
    made = assistant("one", "two")
    first = await made.chat("a")
    loaded = await made.sessions.load(first.session_id, "local")
    await made.chat("b", first.session_id)
    assert [m.text for m in loaded.history] == ["a", "one"]
    assert loaded.history[0] == Message.user("a")


async def test_it_starts_and_stops_its_agents() -> None:
    async with assistant("one") as made:
        assert made.runtime.ready()
        assert (await made.chat("a")).text == "one"


async def test_what_is_kept_holds_no_card_number_and_the_answer_does() -> None:
    told = "Paid with 4111 1111 1111 1111."
    made = assistant(told)
    record = await made.chat("My card is 4111 1111 1111 1111", request_key="k")
    assert record.text == told
    assert await words(made, record) == ["My card is [card number]", "Paid with [card number]."]
    kept = await made.records.load(record.run_id, LOCAL.id)
    assert "4111" not in repr(kept.to_json())
    again = await made.chat("My card is 4111 1111 1111 1111", request_key="k")
    assert again.run_id == record.run_id


async def test_masking_can_be_switched_off() -> None:
    made = assistant("Done.", kept=KeptContent(redact=None))
    record = await made.chat("My card is 4111 1111 1111 1111")
    assert await words(made, record) == ["My card is 4111 1111 1111 1111", "Done."]


async def test_a_turn_of_two_stores_in_one_file_is_all_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "batuta.db"
    async with SqliteSessions(path) as sessions, SqliteRuns(path) as runs:
        await runs.save(replace(await assistant("x").chat("his"), principal_id="bob", run_id="r"))
        made = assistant("one", "two", sessions=sessions, records=runs)
        with pytest.raises(RecordNotFound):
            await made.answer(Ask(text="one", run_id="r"))  # its record cannot be kept
        assert await sessions.list(LOCAL.id) == []
        record = await made.chat("two")
        assert await words(made, record) == ["two", "two"]


async def test_stores_of_ones_own_get_two_saves() -> None:
    async with SqliteSessions(":memory:") as sessions, SqliteRuns(":memory:") as runs:
        made = assistant("Hello.", sessions=sessions, records=runs)
        record = await made.chat("Hi")
        assert await words(made, record) == ["Hi", "Hello."]
        assert await runs.list(LOCAL.id) == [record]
