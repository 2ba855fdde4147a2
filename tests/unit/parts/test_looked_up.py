"""What a run's writes came to is looked up by their keys, where the run itself could not know."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from batuta.core.effect import EffectRecord, LoggedEffect, LookupByKey, WriteOutcome
from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.tool import Tool, tool
from batuta.core.trace import Event
from batuta.errors import AgentUnreachable, StoreBusy
from batuta.parts.looked_up import looked_up
from batuta.parts.requests import RequestDesk
from batuta.storage.requests_sqlite import SqliteRequests

RUN, PREFIX, BROKE_OFF = "run_1", "prefix", "AgentUnreachable: it broke off"


class Shop:
    """Knows what was written under which key."""

    def __init__(self, *, lookup: bool = True) -> None:
        self.sold: dict[str, Any] = {}
        self.busy = False
        self.lookup = LookupByKey(self.find) if lookup else None
        self.log = SqliteRequests(":memory:")

    async def find(self, key: str, principal_id: str) -> EffectRecord | None:
        if self.busy:
            raise StoreBusy("shop", 1.0)
        if key not in self.sold:
            return None
        result = self.sold[key]
        return EffectRecord(key=key, principal_id=principal_id, tool="buy", result=result)

    @property
    def buy(self) -> Tool:
        @tool(effect="write", key=("day",), outcome=WriteOutcome(lookup=self.lookup, verb="bought"))
        async def buy(what: str, day: date) -> dict[str, str]:
            """Buy something for a day."""
            return {"what": what}

        return buy

    def key(self, span: str = "1.2.1") -> str:
        return self.buy.idempotency_key(f"{PREFIX}|{span}", {"day": date(2019, 3, 1)})

    async def told(self, record: RunRecord) -> RunRecord:
        return await looked_up(record, RequestDesk(log=self.log, tools={"buy": self.buy}), PREFIX)

    async def begin(self) -> LoggedEffect:
        effect = LoggedEffect(
            key=self.key(), principal_id="ana", request=PREFIX, session_id="ses", run_id=RUN,
            tool="buy", arguments={"what": "boat", "day": "2019-03-01"},
        )  # fmt: skip
        await self.log.begin(effect)
        return effect


def broken_off(*, heard: bool = True) -> RunRecord:
    """A run whose agent elsewhere broke off in a write, which was heard of or not."""
    asked = {"arguments": {"what": "boat", "day": "2019-03-01"}, "effect": "write"}
    where = ("1.2.1", "1.2", "buy", "model", 1.0)
    events = [
        Event(0, "tool", "start", *where, asked),
        Event(1, "tool", "end", *where, error=BROKE_OFF),
    ]
    failure = AgentUnreachable("seller", "it broke off")
    return RunRecord(
        run_id=RUN, agent="g", principal_id="ana", question=Message.user("buy a boat"), reply=None,
        events=tuple(events if heard else ()), stop_reason="error", failure=failure,
        error={"code": failure.code, "message": str(failure)},
    )  # fmt: skip


def effects(record: RunRecord) -> list[tuple[str, str]]:
    return [(effect.status, effect.text) for effect in record.effects]


async def test_what_stands_under_the_key_of_an_open_write_is_told_as_done() -> None:
    shop = Shop()
    shop.sold[shop.key()] = {"what": "boat"}
    record = await shop.told(broken_off())
    assert effects(record) == [("done", "bought what boat")]
    assert "This is done and need not be done again: bought what boat." in record.text


async def test_what_the_log_knows_as_done_needs_no_look_up() -> None:
    shop = Shop(lookup=False)
    await shop.log.end(replace(await shop.begin(), status="done", result={"what": "boat"}))
    assert effects(await shop.told(broken_off())) == [("done", "bought what boat")]


async def test_a_write_that_the_run_never_heard_of_is_told_from_the_log() -> None:
    shop = Shop()
    await shop.begin()
    shop.sold[shop.key()] = {"what": "boat"}
    record = await shop.told(broken_off(heard=False))
    assert effects(record) == [("done", "bought what boat")]
    assert "need not be done again: bought what boat." in record.text


async def test_a_write_that_may_still_be_on_is_unknown() -> None:
    shop = Shop()
    await shop.begin()
    record = await shop.told(broken_off(heard=False))
    assert effects(record) == [("unknown", "buy")]
    assert "Whether this was done is not known: buy." in record.text


async def test_without_a_look_up_an_open_write_stays_unknown() -> None:
    record = await Shop(lookup=False).told(broken_off())
    assert effects(record) == [("unknown", "buy")]


async def test_a_store_that_cannot_be_asked_changes_nothing() -> None:
    shop = Shop()
    shop.busy = True
    given = broken_off()
    assert await shop.told(given) is given


async def test_a_run_that_knows_all_is_left_as_it_is() -> None:
    given = replace(broken_off(heard=False), reply=Message.assistant("hello"), failure=None)
    assert await Shop().told(given) is given


async def test_of_a_run_that_was_cancelled_its_error_says_what_is_done() -> None:
    shop = Shop()
    shop.sold[shop.key()] = {"what": "boat"}
    cut = replace(broken_off(), failure=None, error=None, stop_reason="cancelled")
    record = await shop.told(cut)
    assert record.error is not None
    assert record.error["code"] == "cancelled"
    assert record.text.endswith("need not be done again: bought what boat.")
