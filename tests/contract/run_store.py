"""What every ``RunStore`` must do; a test module subclasses it, with ``open_store``."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import pytest

from batuta.core.message import Message, ToolCall
from batuta.core.model import Usage
from batuta.core.price import Cost
from batuta.core.record import RunRecord, RunStore
from batuta.core.spending import CallSpending, SpendingStore, SpentOn
from batuta.core.trace import Event
from batuta.errors import RecordNotFound

ODD = "Zoë O'Neil; DROP TABLE runs --\n\0%_🎾"
HALF = "\ud83c"
CALL = ToolCall("c1", "book", {"slot_id": "2019-03-02T14:00/A", "for": ["ü", None, 2.5]})
UNPRICED = Cost(None, 0.25, "no price known for acme:large")
EVENTS = (
    Event(0, "agent", "start", "1", "", "single_agent", "user", 0.0, {"text": "Book 🎾"}),
    Event(1, "model", "start", "1.1", "1", "acme:large", "agent", 0.001),
    Event(
        *(2, "model", "end", "1.1", "1", "acme:large", "agent", 0.1 + 0.2),
        {"text": "", "stop": "tool_calls", "tools": ["book"]},
        Usage(120, 30, 100, 8),
        UNPRICED,
    ),
    Event(3, "retry", "point", "1.2.retry1", "1", "book", "code", 0.4, {"wait_s": 0.25}, error="x"),
    Event(4, "decision", "point", "1.3", "1", "exit at find", "workflow", 0.5, {"why": "„nichts“"}),
    Event(5, "tool", "start", "1.4", "1", "book", "agent", 0.6, {"arguments": {"a": [1]}}),
    Event(6, "tool", "end", "1.4", "1", "book", "agent", 0.7, error="ToolFailed: \ud83c\0"),
)
FULL = RunRecord(
    run_id="r",
    agent="single_agent",
    principal_id="ana",
    question=Message.user("Book Court A 🎾", {"from": "web"}),
    reply=Message.assistant("Done – „gebucht“.").with_metadata(seen=True),
    events=EVENTS,
    usage=Usage(120, 30, 100, 8),
    cost=UNPRICED,
    model_calls=1,
    tool_calls=1,
    stand_in=True,
    started_at="2019-03-01T12:30:15.000250+00:00",
    seconds=0.7000000000000001,
    style="e",
    app="tennis",
    session_id="s",
    steps=(Message("assistant", tool_calls=(CALL,)), Message.tool(CALL, "booked", {"ok": True})),
)


def record(run_id: str = "r", principal_id: str = "ana", agent: str = "a") -> RunRecord:
    question = Message.user("Hello")
    return RunRecord(
        run_id=run_id,
        agent=agent,
        principal_id=principal_id,
        question=question,
        reply=Message.assistant("Hi"),
        events=(),
    )


class CountedRuns(RunStore, SpendingStore, Protocol):
    """A store of records that counts what their runs spent."""


class RunStoreContract:
    """Tests of one store; ``open_store`` opens it, empty at first, as often as it is called."""

    @pytest.fixture
    def store(self, open_store: Callable[[], CountedRuns]) -> CountedRuns:
        return open_store()

    async def test_what_a_run_spent_is_counted_once_however_often_it_is_saved(
        self, store: CountedRuns
    ) -> None:
        for _ in range(3):
            await store.save(FULL, "key")
        (spent,) = await store.spending("ana")
        assert (spent.run_id, spent.style, spent.session_id, spent.runs) == ("r", "e", "s", 1)
        asked = CallSpending(
            calls=1,
            usage=Usage(120, 30, 100, 8),
            known_usd=0.25,
            unpriced=1,
            sources=("no price known for acme:large",),
            seconds=pytest.approx(0.299),  # pyright: ignore[reportArgumentType]
        )
        used = CallSpending(calls=1, failed=1, seconds=pytest.approx(0.1))  # pyright: ignore[reportArgumentType]
        assert spent.spent == {
            SpentOn("single_agent", "", "model", "acme:large", "agent"): asked,
            SpentOn("single_agent", "", "tool", "book", "agent"): used,
        }

    async def test_a_record_saved_again_counts_as_it_is_now(self, store: CountedRuns) -> None:
        await store.save(replace(FULL, events=EVENTS[:2], usage=Usage(), cost=Cost()))
        await store.save(FULL)
        (spent,) = await store.spending("ana")
        assert sum(each.usage.total_tokens for each in spent.spent.values()) == 150

    async def test_what_was_spent_is_ones_own_and_everybodys_for_who_asks_for_it(
        self, store: CountedRuns
    ) -> None:
        await store.save(FULL)
        await store.save(replace(FULL, run_id="b", principal_id=ODD))
        assert [each.run_id for each in await store.spending("ana")] == ["r"]
        assert [each.run_id for each in await store.spending(ODD)] == ["b"]
        assert {each.principal_id for each in await store.spending(None)} == {"ana", ODD}
        assert list(await store.spending(HALF)) == []

    async def test_what_was_spent_is_found_by_its_day(self, store: CountedRuns) -> None:
        await store.save(FULL)
        (spent,) = await store.spending("ana", "2019-03-01")
        assert list(await store.spending("ana", spent.day)) == [spent]
        after = dt.date.fromisoformat(spent.day) + dt.timedelta(days=1)
        assert list(await store.spending("ana", after.isoformat())) == []

    async def test_what_the_run_paid_beyond_its_events_is_counted(self, store: CountedRuns) -> None:
        more = replace(FULL, usage=Usage(200, 40, 100, 8), cost=Cost(None, 0.5, "no price"))
        await store.save(more)
        (spent,) = await store.spending("ana")
        rest = spent.spent[SpentOn("single_agent", "", "other", "", "code")]
        assert (rest.calls, rest.usage, rest.known_usd) == (0, Usage(80, 10), 0.25)

    async def test_a_record_comes_back_as_it_was_saved(self, store: RunStore) -> None:
        await store.save(FULL)
        found = await store.load("r", "ana")
        assert found == FULL
        assert found.to_json() == FULL.to_json()

    async def test_what_is_no_json_is_kept_as_json(self, store: RunStore) -> None:
        day = dt.date(2019, 3, 2)
        told = Event(0, "decision", "point", "1.1", "1", "pick", "code", 0.5, {"day": day})
        answer = Message.assistant("Done.", {"days": [day]}).with_metadata(day=day)
        await store.save(replace(FULL, reply=answer, events=(told,)))
        found = await store.load("r", "ana")
        assert found.reply is not None
        assert found.reply.data == {"days": ["2019-03-02"]}
        assert found.reply.metadata == {"day": "2019-03-02"}
        assert [event.data for event in found.events] == [{"day": "2019-03-02"}]

    async def test_a_failed_and_a_cancelled_run_come_back(self, store: RunStore) -> None:
        error = {"code": "tool_failed", "message": "Tool book: gone"}
        failed = replace(FULL, run_id="1", reply=None, stop_reason="error", error=error)
        cancelled = replace(FULL, run_id="2", reply=None, stop_reason="cancelled", steps=())
        for each in (failed, cancelled):
            await store.save(each)
            assert await store.load(each.run_id, "ana") == each

    async def test_an_unknown_cost_stays_unknown(self, store: RunStore) -> None:
        await store.save(FULL)
        found = await store.load("r", "ana")
        assert (found.cost.usd, found.cost.known_usd) == (None, 0.25)
        assert found.cost.reason == "no price known for acme:large"

    async def test_a_missing_record_is_an_error(self, store: RunStore) -> None:
        for missing in ("r", "", HALF):
            with pytest.raises(RecordNotFound) as caught:
                await store.load(missing, "ana")
            assert caught.value.run_id == missing

    async def test_anothers_record_is_as_if_it_were_not_there(self, store: RunStore) -> None:
        await store.save(FULL, "key")
        with pytest.raises(RecordNotFound) as caught:
            await store.load("r", "bob")
        assert str(caught.value) == str(RecordNotFound("r"))
        assert await store.find("key", "bob") is None
        assert await store.list("bob") == await store.list(HALF) == []

    async def test_a_record_of_anothers_is_not_saved_over(self, store: RunStore) -> None:
        await store.save(FULL, "key")
        with pytest.raises(RecordNotFound):
            await store.save(record("r", "bob"), "bobs")
        assert await store.load("r", "ana") == FULL
        assert await store.find("bobs", "bob") is None

    async def test_a_record_is_found_by_its_request_key(self, store: RunStore) -> None:
        await store.save(record("1"), "first")
        await store.save(record("2"), ODD)
        await store.save(record("3"))
        await store.save(record("4", "bob"), "first")
        assert await store.find("first", "ana") == record("1")
        assert await store.find(ODD, "ana") == record("2")
        assert await store.find("first", "bob") == record("4", "bob")
        for unknown in ("", "other", "%", HALF):
            assert await store.find(unknown, "ana") is None

    async def test_of_one_keys_records_the_newest_is_found(self, store: RunStore) -> None:
        for run_id in ("b", "a", "c"):
            await store.save(record(run_id), "key")
        found = await store.find("key", "ana")
        assert found is not None
        assert found.run_id == "c"

    async def test_a_record_saved_again_is_replaced(self, store: RunStore) -> None:
        await store.save(record(), "key")
        await store.save(record(agent="b"), "key")
        assert await store.list("ana") == [record(agent="b")]
        assert await store.find("key", "ana") == record(agent="b")

    async def test_records_are_listed_last_saved_first(self, store: RunStore) -> None:
        for day, run_id in enumerate("bdac", start=1):
            await store.save(replace(FULL, run_id=run_id, started_at=f"2019-03-0{day}"))
        assert [each.run_id for each in await store.list("ana")] == ["c", "a", "d", "b"]
        newest = replace(FULL, run_id="c", started_at="2019-03-04")
        assert await store.list("ana", limit=1) == [newest]
        assert await store.list("ana", limit=0) == await store.list("ana", limit=-1) == []

    async def test_all_that_is_saved_at_once_is_kept(
        self, open_store: Callable[[], RunStore]
    ) -> None:
        stores = [open_store(), open_store()]
        async with asyncio.TaskGroup() as group:
            for number in range(40):
                saved = record(str(number), f"user{number % 3}")
                group.create_task(stores[number % 2].save(saved, f"key{number}"))
        lists = [await stores[1].list(f"user{n}") for n in range(3)]
        assert {each.run_id for listed in lists for each in listed} == set(map(str, range(40)))
        assert await stores[0].find("key7", "user1") == record("7", "user1")

    async def test_odd_names_are_kept_as_they_are(self, store: RunStore) -> None:
        await store.save(record(ODD, ODD), ODD)
        assert await store.find(ODD, ODD) == await store.load(ODD, ODD) == record(ODD, ODD)
        assert await store.list("%") == []
