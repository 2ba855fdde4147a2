from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from batuta.core.clock import ManualClock
from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.session import Session
from batuta.errors import (
    BatutaError,
    Conflict,
    InvalidInput,
    RecordNotFound,
    SessionError,
    StoreUnusable,
)
from batuta.storage.dynamodb import DynamoRuns, DynamoSessions
from batuta.storage.dynamodb_client import DynamoTable, keyed, plain, typed

Open = Callable[[], DynamoTable]
NOW = dt.datetime(2019, 3, 1, 12, tzinfo=dt.UTC)
DAY_S = 86_400


def noise(size: int, seed: int) -> str:
    """Text that does not compress below three quarters."""
    return random.Random(seed).randbytes(size * 3 // 4).hex()  # noqa: S311


def record(run_id: str, text: str = "Hello", principal_id: str = "ana") -> RunRecord:
    question = Message("user", text, id="m")
    return RunRecord(
        run_id=run_id, agent="a", principal_id=principal_id, question=question, reply=None,
        events=(),
    )  # fmt: skip


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def table(open_table: Open, clock: ManualClock) -> DynamoTable:
    made = open_table()
    made.clock = clock
    return made


async def kept(table: DynamoTable, kind: str = "") -> list[str]:
    """The sort keys of all that is in the table, or of one kind of things."""
    found = [item async for page in table.pages("scan") for item in page]
    return sorted(item["sk"] for item in found if item["pk"].startswith(kind))


async def test_an_expired_session_is_as_if_it_were_not_there(
    table: DynamoTable, clock: ManualClock
) -> None:
    store = DynamoSessions(table, keep_days=1)
    mine = Session("s", "ana")
    await store.save(mine)
    clock.advance(DAY_S - 1)
    assert (await store.load("s", "ana")).id == "s"
    clock.advance(2)
    assert await kept(table) == ["HEAD"]  # it is there still: AWS takes days to delete it
    with pytest.raises(SessionError):
        await store.load("s", "ana")
    with pytest.raises(SessionError):
        await store.delete("s", "ana")
    assert await store.list("ana") == []


async def test_a_save_puts_the_expiry_off(table: DynamoTable, clock: ManualClock) -> None:
    store = DynamoSessions(table, keep_days=1)
    mine = Session("s", "ana")
    for _ in range(3):
        await store.save(mine)
        clock.advance(DAY_S - 1)
    assert (await store.load("s", "ana")).version == 3


async def test_the_id_of_an_expired_session_can_be_taken(
    table: DynamoTable, clock: ManualClock
) -> None:
    store = DynamoSessions(table, keep_days=1)
    await store.save(Session("s", "ana", [Message.user("Hello")]))
    clock.advance(DAY_S + 1)
    await store.save(Session("s", "bob"))
    assert (await store.load("s", "bob")).history == []
    with pytest.raises(SessionError):
        await store.load("s", "ana")


async def test_expired_sessions_do_not_count_in_a_listing(
    table: DynamoTable, clock: ManualClock
) -> None:
    store = DynamoSessions(table, keep_days=1)
    old = Session("old", "ana")
    await store.save(old)
    clock.advance(DAY_S / 2)
    await store.save(Session("new", "ana"))
    await DynamoSessions(table, keep_days=-1).save(Session("gone", "ana"))
    clock.advance(1)
    await DynamoSessions(table, keep_days=-1).save(Session("gone too", "ana"))
    assert [each.id for each in await store.list("ana", limit=2)] == ["new", "old"]


async def test_an_expired_record_is_not_found(table: DynamoTable, clock: ManualClock) -> None:
    store = DynamoRuns(table, keep_days=1)
    await store.save(record("r"), "key")
    clock.advance(DAY_S + 1)
    with pytest.raises(RecordNotFound):
        await store.load("r", "ana")
    assert await store.find("key", "ana") is None
    assert await store.list("ana") == []
    await store.save(record("r", principal_id="bob"))
    assert (await store.load("r", "bob")).principal_id == "bob"


async def test_a_record_larger_than_an_item_comes_back_whole(table: DynamoTable) -> None:
    store, large = DynamoRuns(table), record("r", noise(2_000_000, 1))
    await store.save(large, "key")
    await store.save(record("small"))
    assert await store.load("r", "ana") == large
    assert await store.find("key", "ana") == large
    assert await store.list("ana") == [record("small"), large]


async def test_a_session_larger_than_an_item_comes_back_whole(table: DynamoTable) -> None:
    store, mine = DynamoSessions(table), Session("s", "ana", [], {"n": 1})
    for number in range(3):
        mine.history.append(Message.user(noise(600_000, number)))
        await store.save(mine)
        assert await store.load("s", "ana") == mine
    marks = {sk.split("#")[1] for sk in await kept(table, "SESSION#") if sk != "HEAD"}
    assert len(marks) == 1  # what earlier saves wrote beside their heads is gone
    await store.delete("s", "ana")
    assert await kept(table, "SESSION#") == []


async def test_a_large_save_that_came_too_late_leaves_nothing(open_table: Open) -> None:
    table = open_table()
    here, there = DynamoSessions(table), DynamoSessions(open_table())
    await here.save(Session("s", "ana", [Message.user("Hello")]))
    late = await there.load("s", "ana")
    await here.save(await here.load("s", "ana"))
    before = await kept(table)
    late.history.append(Message.user(noise(900_000, 1)))
    with pytest.raises(Conflict):
        await there.save(late)
    assert await kept(table) == before
    assert (await here.load("s", "ana")).version == 2


async def test_a_reader_sees_one_save_or_the_next_and_never_half(open_table: Open) -> None:
    here, there = DynamoSessions(open_table()), DynamoSessions(open_table())
    mine = Session("s", "ana", [Message.user(noise(700_000, 0))])
    await here.save(mine)

    async def write() -> None:
        for number in range(1, 6):
            mine.history = [Message.user(noise(700_000, number))]
            await here.save(mine)

    writing = asyncio.create_task(write())
    while not writing.done():
        found = await there.load("s", "ana")
        assert found.history[0].text == noise(700_000, found.version - 1)
    await writing


async def test_a_state_larger_than_an_item_is_refused_and_nothing_is_kept(
    table: DynamoTable,
) -> None:
    store = DynamoSessions(table)
    mine = Session("s", "ana", [Message.user("Hello")], {"much": noise(1_000_000, 1)})
    with pytest.raises(InvalidInput, match="400 kB"):
        await store.save(mine)
    assert mine.version == 0
    assert await kept(table) == []


async def test_a_record_that_has_lost_a_piece_says_so(table: DynamoTable) -> None:
    store = DynamoRuns(table)
    await store.save(record("r", noise(900_000, 1)))
    lost = next(sk for sk in await kept(table) if sk != "HEAD")
    await table.do("delete_item", Key=typed({"pk": "RUN#r", "sk": lost}))
    with pytest.raises(StoreUnusable, match=r"RUN#r has lost pieces(.|\n)*In DynamoDB table"):
        await store.load("r", "ana")


@pytest.mark.parametrize("body", [b"", b"{}", b"x\x9c\x03\x00\x00\x00\x00\x01"])
async def test_a_damaged_record_is_named_with_its_table(table: DynamoTable, body: bytes) -> None:
    store = DynamoRuns(table)
    await store.save(record("r"), "k")
    await table.do(
        "update_item",
        Key=typed({"pk": "RUN#r", "sk": "HEAD"}),
        UpdateExpression="SET body = :body",
        ExpressionAttributeValues=typed({":body": body}),
    )
    for attempt in (store.load("r", "ana"), store.find("k", "ana"), store.list("ana")):
        with pytest.raises(StoreUnusable, match=r"Run 'r' cannot be read(.|\n)*In DynamoDB table"):
            await attempt


async def test_a_record_saved_again_keeps_its_place(table: DynamoTable, clock: ManualClock) -> None:
    store = DynamoRuns(table)
    for run_id in ("1", "2", "1"):
        await store.save(record(run_id))
        clock.advance(1)
    assert [each.run_id for each in await store.list("ana")] == ["2", "1"]


async def test_a_key_that_a_record_no_longer_has_does_not_find_it(table: DynamoTable) -> None:
    store = DynamoRuns(table)
    await store.save(record("r"), "first")
    await store.save(record("r"), "second")
    assert await store.find("first", "ana") is None
    assert await store.find("second", "ana") == record("r")


async def test_a_long_listing_is_read_page_by_page(table: DynamoTable, clock: ManualClock) -> None:
    store = DynamoSessions(table)
    for number in range(14):  # 14 states of some 100 kB: DynamoDB gives 1 MB at a time
        await store.save(Session(str(number), "ana", [], {"much": noise(150_000, number)}))
        clock.advance(1)
    listed = await store.list("ana")
    assert [each.id for each in listed] == [str(number) for number in reversed(range(14))]


@pytest.mark.parametrize("length", [500, 501, 20_000])
async def test_names_of_any_length_are_kept_apart(table: DynamoTable, length: int) -> None:
    store, runs = DynamoSessions(table), DynamoRuns(table)
    for name in ("é" * length + "1", "é" * length + "2"):
        await store.save(Session(name, name))
        await runs.save(replace(record(name), principal_id=name), name)
        assert [each.id for each in await store.list(name)] == [name]
        assert (await runs.find(name, name)) is not None


def test_a_name_that_looks_like_a_hash_is_hashed_too() -> None:
    long = keyed("SESSION", "x" * 1_000)
    assert long.startswith("SESSION#sha256:")
    assert keyed("SESSION", long.removeprefix("SESSION#")) != long


def test_values_come_back_as_they_went() -> None:
    values = {"text": "Zoë", "number": -12, "bytes": b"\0\xff", "empty": ""}
    assert plain(typed(values)) == values


async def test_a_listing_reads_no_histories(table: DynamoTable) -> None:
    store = DynamoSessions(table)
    await store.save(Session("s", "ana", [Message.user("Hello")]))
    found = await store._documents.listed("SESSIONS#ana", 1)
    assert "body" not in found[0]


async def test_closing_one_closes_the_table_for_all_and_again_does_nothing(
    open_table: Open,
) -> None:
    table = open_table()
    async with DynamoSessions(table) as sessions, DynamoRuns(table) as runs:
        await asyncio.gather(sessions.save(Session("s", "ana")), runs.save(record("r"), "k"))
    await sessions.aclose()
    with pytest.raises(RuntimeError):
        await runs.list("ana")


async def test_a_request_key_lives_its_hours_where_records_live_less(
    table: DynamoTable, clock: ManualClock
) -> None:
    store = DynamoRuns(table, keep_days=1, key_hours=48)
    await store.save(record("plain"))
    await store.save(record("asked"), "k")
    clock.advance(47 * 3_600)
    assert await store.find("k", "ana") == record("asked")
    assert await store.list("ana") == [record("asked")]
    clock.advance(3_600)
    assert await store.find("k", "ana") is None


async def test_a_probe_reads_and_writes_and_is_seen_by_nobody(table: DynamoTable) -> None:
    sessions, runs = DynamoSessions(table), DynamoRuns(table)
    await sessions.probe()
    await runs.probe()
    assert await sessions.list("ana") == await runs.list("ana") == []


async def test_a_probe_of_no_table_says_so(table: DynamoTable) -> None:
    gone = DynamoTable("no-such-table", table.options)
    with pytest.raises(BatutaError, match="no-such-table"):
        await DynamoRuns(gone).probe()
    await gone.aclose()
