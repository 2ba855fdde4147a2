"""Every answer says what was really done: also one that was cut, failed or could not be kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from batuta.app import App
from batuta.assistant import Ask, Assistant
from batuta.core.budget import Budget
from batuta.core.effect import EffectRecord, LoggedEffect, LookupByKey, WriteOutcome
from batuta.core.principal import Principal
from batuta.core.record import UNDONE_CLAIM
from batuta.core.redaction import MOST_CHARS
from batuta.core.tool import tool
from batuta.core.tool_context import ToolContext
from batuta.errors import AnswerNotKept, EffectUnknown, StoreBusy, ToolFailed
from batuta.parts.earlier import NOTHING_ELSE
from batuta.serve.http.replies import answer_of
from batuta.storage.requests_sqlite import SqliteRequests
from batuta.tennis.app import tennis_app
from batuta.tennis.bookings import TennisClub
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club
from batuta.testing.scripted import ScriptedModel, calls

ANA = Principal("ana")


class Shop:
    """What a tool of somebody's own works on, and what befalls its writes."""

    def __init__(self) -> None:
        self.sold: dict[str, str] = {}
        self.keys: list[str] = []
        self.after: Exception | None = None
        self.before: Exception | None = None
        self.written, self.go_on = asyncio.Event(), asyncio.Event()
        self.go_on.set()

    async def find(self, key: str, principal_id: str) -> EffectRecord | None:
        if key not in self.sold:
            return None
        return EffectRecord(
            key=key, principal_id=principal_id, tool="buy", result={"what": self.sold[key]}
        )

    def app(self, *, lookup: bool = True) -> App:
        outcome = WriteOutcome(
            lookup=LookupByKey(self.find) if lookup else None,
            verb="bought",
            said=lambda result: f"one {result['what']}",
        )

        @tool(effect="write", outcome=outcome)
        async def buy(what: str, context: ToolContext) -> dict[str, str]:
            """Buy something."""
            self.keys.append(context.idempotency_key)
            if self.before is not None:
                raise self.before
            self.sold.setdefault(context.idempotency_key, what)
            self.written.set()
            await self.go_on.wait()
            if self.after is not None:
                raise self.after
            return {"what": what}

        return App(name="shop", instructions="Sell.", tools=[buy])


@pytest.fixture
async def shop() -> Shop:
    return Shop()


BUY = calls(("buy", {"what": "boat"}))
ASK = Ask(text="buy a boat", principal=ANA, request_key="k")


def assistant(shop: Shop, *lines: Any, lookup: bool = True, **chosen: Any) -> Assistant:
    return shop.app(lookup=lookup).assistant("d", model=ScriptedModel(lines), **chosen)


async def test_a_write_that_has_begun_goes_on_to_its_end_when_its_run_is_cancelled(
    shop: Shop,
) -> None:
    made = assistant(shop, "hello", BUY, "not asked")
    first = await made.chat("hi", principal=ANA)
    shop.go_on.clear()
    asking = asyncio.create_task(
        made.answer(replace(ASK, request_key="", session_id=first.session_id))
    )
    await shop.written.wait()
    asking.cancel()
    await asyncio.sleep(0.01)
    assert not asking.done()
    shop.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await asking
    cut = (await made.records.list("ana"))[0]
    assert (cut.stop_reason, [e.text for e in cut.effects]) == ("cancelled", ["bought one boat"])
    session = await made.sessions.load(first.session_id, "ana")
    assert "bought one boat" in session.history[-1].text


async def test_a_time_limit_waits_for_the_write_and_says_what_stands(shop: Shop) -> None:
    made = assistant(shop, BUY, "One boat for you.", budget=Budget(seconds=0.05))
    shop.go_on.clear()
    asking = asyncio.create_task(made.answer(ASK))
    await shop.written.wait()
    await asyncio.sleep(0.1)
    shop.go_on.set()
    late = await asking
    assert late.stop_reason == "deadline"
    assert "need not be done again: bought one boat." in late.text
    again = await made.answer(ASK)
    assert (again.text, len(shop.keys)) == ("One boat for you.", 1)
    assert [e.text for e in again.effects] == ["bought one boat"]


async def test_a_tool_that_breaks_after_its_write_is_looked_up(shop: Shop) -> None:
    shop.after = ConnectionResetError("reset")
    record = await assistant(shop, BUY, "bought").answer(ASK)
    assert [(e.status, e.result) for e in record.effects] == [("done", {"what": "boat"})]


async def test_without_a_look_up_the_answer_is_unknown_and_nothing_is_begun_again(
    shop: Shop,
) -> None:
    shop.after = ConnectionResetError("reset")
    made = assistant(shop, BUY, "not sure", lookup=False)
    record = await made.answer(ASK)
    assert [effect.status for effect in record.effects] == ["unknown"]
    assert record.failed.startswith("EffectUnknown")
    again = await made.answer(ASK)
    assert isinstance(again.failure, EffectUnknown)
    assert "Whether it was done is not known" in again.text
    assert len(shop.keys) == 1


async def test_a_tool_that_breaks_before_its_write_is_known_to_have_done_nothing(
    shop: Shop,
) -> None:
    shop.before = ConnectionResetError("reset")
    made = assistant(shop, BUY, "it failed", BUY, "bought it")
    record = await made.answer(ASK)
    assert (record.effects, record.failed.partition(":")[0]) == ((), "ToolFailed")
    shop.before = None
    assert (await made.answer(ASK)).text == "bought it"


async def test_an_answer_that_reports_a_failure_is_no_answer_to_keep(shop: Shop) -> None:
    shop.before = ToolFailed("buy", "the till is locked: try again with the same key")
    made = assistant(shop, BUY, "The till is locked, try again.", BUY, "bought it")
    assert (await made.answer(ASK)).failed
    shop.before = None
    record = await made.answer(ASK)
    assert (record.text, record.failed) == ("bought it", "")
    assert await made.answer(ASK) == record


def begun(**more: Any) -> LoggedEffect:
    facts = {"key": "key", "principal_id": "ana", "request": "run_lost", "session_id": "s",
             "run_id": "run_lost", "tool": "buy", "arguments": {"what": "boat"}}  # fmt: skip
    return LoggedEffect(**{**facts, **more})


@pytest.mark.parametrize(
    ("lookup", "sold", "told"),
    [(True, True, "bought one boat"), (True, False, ""), (False, False, "is not known: buy")],
)
async def test_the_next_message_knows_what_a_killed_run_of_the_conversation_did(
    shop: Shop, *, lookup: bool, sold: bool, told: str
) -> None:
    made = assistant(shop, "hello", "again", lookup=lookup)
    first = await made.chat("hi", principal=ANA)
    await made.requests.begin(begun(session_id=first.session_id))
    if sold:
        shop.sold["key"] = "boat"
    await made.chat("and now?", first.session_id, principal=ANA)
    texts = [m.text for m in (await made.sessions.load(first.session_id, "ana")).history]
    notes = [text for text in texts if "cut short" in text]
    assert [told in note for note in notes] == ([True] if told else [])
    assert await made.requests.orphans(first.session_id, "ana") == ()


async def test_a_request_whose_write_was_begun_and_not_done_is_finished(shop: Shop) -> None:
    made = assistant(shop, "not asked")
    prefix = ASK.prefix(made.app)
    await made.requests.begin(begun(request=prefix))
    record = await made.answer(ASK)
    assert (record.text, shop.sold) == (
        f"Done: one boat is bought. {NOTHING_ELSE}",
        {"key": "boat"},
    )


class Locked:
    """A store of records that others keep locked."""

    def __init__(self, records: Any) -> None:
        self.inner, self.locked = records, True

    async def save(self, *given: Any) -> None:
        if self.locked:
            raise StoreBusy("Database", 10)
        await self.inner.save(*given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


async def test_what_is_done_is_told_where_its_record_cannot_be_kept(shop: Shop) -> None:
    made = assistant(shop, BUY, "bought", "nothing to do")
    made = replace(made, records=Locked(made.records), turns=None)
    with pytest.raises(AnswerNotKept) as caught:
        await made.answer(ASK)
    assert "bought one boat" in str(caught.value)
    assert "nothing was done" not in str(caught.value)
    assert [effect["text"] for effect in caught.value.effects] == ["bought one boat"]
    made.records.locked = False  # pyright: ignore[reportAttributeAccessIssue]
    again = await made.answer(ASK)
    assert (again.text, len(shop.keys)) == (f"Done: one boat is bought. {NOTHING_ELSE}", 1)


@pytest.mark.parametrize(
    ("answer", "warned"),
    [
        ("A boat was bought at 3pm.", True),
        ("Done: bought.", True),
        ("I have successfully bought one.", True),
        ("I have not bought anything.", False),
        ("Once it is bought, you can sail.", False),
        ("Is a boat bought?", False),
        ("All boats are bought.", False),
        ("Which boat would you like?", False),
    ],
)
async def test_an_answer_that_claims_what_was_not_done_is_contradicted(
    shop: Shop, answer: str, *, warned: bool
) -> None:
    record = await assistant(shop, answer).answer(ASK)
    assert bool(record.warnings) is warned
    assert [e.name for e in record.events if e.kind == "warning"] == (
        ["claims what was not done"] if warned else []
    )


async def test_a_claim_of_what_was_done_is_none(shop: Shop) -> None:
    assert (await assistant(shop, BUY, "A boat is bought.").answer(ASK)).warnings == ()


@pytest.mark.parametrize("lookup", [True, False])
async def test_a_result_without_end_is_cut_in_what_is_told_of_it(
    shop: Shop, *, lookup: bool
) -> None:
    long = calls(("buy", {"what": "boat" * MOST_CHARS}))
    record = await assistant(shop, long, "Here you are.", lookup=lookup).answer(ASK)
    (effect,) = record.effects
    assert effect.text.startswith("bought one boat")
    assert len(effect.text) < 2 * MOST_CHARS


async def test_what_was_told_rightly_may_be_told_again(shop: Shop) -> None:
    made = assistant(shop, BUY, "A boat is bought.", "As I said:\n- A boat is bought.")
    first = await made.answer(Ask(text="Buy a boat", principal=ANA))
    again = await made.answer(
        Ask(text="What did I buy?", principal=ANA, session_id=first.session_id)
    )
    assert (first.warnings, again.warnings) == ((), ())


async def test_what_was_told_wrongly_is_contradicted_each_time(shop: Shop) -> None:
    made = assistant(shop, "A boat is bought.", "A boat is bought.")
    first = await made.answer(Ask(text="Buy a boat", principal=ANA))
    again = await made.answer(Ask(text="Really?", principal=ANA, session_id=first.session_id))
    assert len(first.warnings) == len(again.warnings) == 1


async def test_keys_are_known_after_a_thousand_later_runs(shop: Shop) -> None:
    log = SqliteRequests(":memory:")
    made = assistant(shop, BUY, "bought", *["more"] * 3, requests=log)
    first = await made.answer(ASK)
    for number in range(1_000):
        begin = begun(key=f"other-{number}", request=f"other-{number}")
        await log.begin(begin)
    assert await made.answer(ASK) == first


async def test_a_request_with_a_secret_in_it_is_the_same_again(shop: Shop) -> None:
    made = assistant(shop, BUY, "bought")
    ask = replace(ASK, text="buy a boat with card 4111 1111 1111 1111")
    first = await made.answer(ask)
    again = await made.answer(ask)
    assert (again.run_id, again.text) == (first.run_id, "bought")
    assert "4111" not in again.question.text


@pytest.mark.parametrize("style", "def")
async def test_a_weak_model_that_says_booked_after_no_call_is_contradicted(
    tmp_path: Path, style: str
) -> None:
    club = tennis_app(TennisClub(Club(), SqliteBookings(tmp_path / "tennis.db")))
    said = "A court is booked tomorrow at 3pm."
    weak = ScriptedModel([said], repeat=True)
    record = await club.assistant(style, model=weak).chat("Book a court tomorrow at 3pm")
    assert (record.text, record.effects) == (said, ())
    [warning] = record.warnings
    assert said in warning
    assert [e.kind for e in record.events if e.name == UNDONE_CLAIM] == ["warning"]
    assert list(answer_of(record).body["warnings"]) == [warning]
