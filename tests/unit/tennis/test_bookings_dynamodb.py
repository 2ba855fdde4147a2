from __future__ import annotations

import asyncio
import datetime as dt
import sys
import threading
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from batuta.storage.dynamodb_client import DynamoTable, TableOptions, plain
from batuta.tennis.bookings import Booking
from batuta.tennis.bookings_dynamodb import DynamoBookings
from batuta.tennis.club import Club
from batuta.tennis.errors import BookingsBusy, BookingsUnreachable, SlotTaken, TooManyBookings
from batuta.tennis.slots import Slot, find_slot
from tests.unit.models.vendors.socket_server import answer, serving

Open = Callable[[], DynamoTable]
NOW = dt.datetime(2019, 3, 1, 12, tzinfo=dt.UTC)
SLOT = find_slot(Club(), "2019-03-02T14:00/A")
# Waits for a line, then tries the slot with many clients at once; prints the booking ids it got.
RACER = """
import asyncio, datetime as dt, sys
from batuta.storage.dynamodb_client import DynamoTable, TableOptions
from batuta.tennis.bookings_dynamodb import DynamoBookings
from batuta.tennis.club import Club
from batuta.tennis.errors import SlotTaken
from batuta.tennis.slots import find_slot
from tests.patience import scaled

NOW = dt.datetime(2019, 3, 1, 12, tzinfo=dt.UTC)
_, url, name, who = sys.argv

async def attempt(store, member):
    try:
        made = await store.book(SLOT, member, key="k", now=NOW, max_upcoming=3)
    except SlotTaken:
        return
    print(made.booking_id)

async def main():
    options = TableOptions(region="eu-west-1", endpoint_url=url, timeout_s=scaled(60))
    stores = [DynamoBookings(DynamoTable(name, options)) for _ in range(5)]
    async with asyncio.TaskGroup() as group:
        for number, store in enumerate(stores):
            group.create_task(attempt(store, f"{who}-{number}"))
    for store in stores:
        await store.aclose()

SLOT = find_slot(Club(), "2019-03-02T14:00/A")
print("ready", flush=True)
sys.stdin.readline()
asyncio.run(main())
"""
# Books slot after slot for ever, four at once, and prints each id once it is confirmed.
BOOKER = """
import asyncio, datetime as dt, itertools, sys
from batuta.storage.dynamodb_client import DynamoTable, TableOptions
from batuta.tennis.bookings_dynamodb import DynamoBookings
from batuta.tennis.club import Club
from batuta.tennis.slots import slots_on

NOW = dt.datetime(2019, 3, 1, 12, tzinfo=dt.UTC)
_, url, name = sys.argv
DAYS = (dt.date(2019, 3, 2) + dt.timedelta(days=n) for n in itertools.count())
SLOTS = itertools.chain.from_iterable(slots_on(Club(), day) for day in DAYS)

async def book(store):
    for slot in SLOTS:
        made = await store.book(slot, "ana", key=slot.slot_id, now=NOW)
        print(made.booking_id, flush=True)

async def main():
    store = DynamoBookings(DynamoTable(name, TableOptions(region="eu-west-1", endpoint_url=url)))
    await asyncio.gather(*(book(store) for _ in range(4)))

asyncio.run(main())
"""


def slot(time: str) -> Slot:
    return find_slot(Club(), f"2019-03-02T{time}/A")


async def racer(table: DynamoTable, who: str) -> Process:
    given = (table.options.endpoint_url, table.name, who)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", RACER, *given, stdin=PIPE, stdout=PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def test_twenty_clients_in_four_processes_make_one_booking(open_table: Open) -> None:
    table = open_table()
    racers = [await racer(table, f"p{number}") for number in range(4)]
    ended = await asyncio.gather(*(process.communicate(b"go\n") for process in racers))
    assert [process.returncode for process in racers] == [0] * 4
    won = b"".join(out for out, _ in ended).decode().split()
    assert won == [made.booking_id for made in await DynamoBookings(table).bookings()]
    assert len(won) == 1


def test_twenty_threads_with_a_client_each_make_one_booking_round_after_round(
    open_table: Open,
) -> None:
    tables = [open_table() for _ in range(20)]
    together = threading.Barrier(20)
    slots = [slot(f"{hour:02}:00") for hour in range(8, 14)]

    async def attempt(table: DynamoTable, wanted: Slot, member: str) -> bool:
        try:
            await DynamoBookings(table).book(wanted, member, key=wanted.slot_id, now=NOW)
        except SlotTaken:
            return False
        return True

    def work(number: int) -> list[bool]:
        won: list[bool] = []
        for wanted in slots:
            together.wait()
            won.append(asyncio.run(attempt(tables[number], wanted, f"m{number}")))
        return won

    with ThreadPoolExecutor(20) as pool:
        won = list(pool.map(work, range(20)))
    assert [sum(column) for column in zip(*won, strict=True)] == [1] * len(slots)


@asynccontextmanager
async def losing(url: str, lost: int) -> AsyncIterator[str]:
    """A way to a server on which the first so many answers are lost, though all is done."""
    left, target = [lost], urlsplit(url)
    ends: list[asyncio.StreamWriter] = []

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(target.hostname, target.port)
        ends.extend((back, writer))
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                request = await message(reader)
                back.write(request)
                reply = await message(there)
                if left[0] and b"TransactWriteItems" in request:
                    left[0] -= 1
                    break
                writer.write(reply)
        back.close()
        writer.close()

    async def message(reader: asyncio.StreamReader) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        return head + await reader.readexactly(int(length or 0))

    server = await asyncio.start_server(carry, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for end in ends:
            end.transport.abort()
        for end in ends:
            with suppress(ConnectionError):
                await end.wait_closed()


@pytest.mark.parametrize(("lost", "tries"), [(1, 3), (2, 3), (1, 1)])
async def test_a_booking_whose_answer_is_lost_is_one_booking(
    open_table: Open, lost: int, tries: int
) -> None:
    table = open_table()
    async with losing(table.options.endpoint_url, lost) as url:
        far = DynamoTable(table.name, replace(table.options, endpoint_url=url, tries=tries))
        made = await DynamoBookings(far).book(SLOT, "ana", key="k", now=NOW, max_upcoming=2)
        await far.aclose()
    assert await DynamoBookings(table).bookings() == (made,)
    assert await DynamoBookings(table).book(SLOT, "ana", key="k", now=NOW) == made


async def test_a_process_killed_while_booking_leaves_no_half_booking(open_table: Open) -> None:
    table = open_table()
    given = (table.options.endpoint_url, table.name)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BOOKER, *given, stdout=PIPE
    )
    assert process.stdout is not None
    said = [await process.stdout.readline() for _ in range(7)]
    process.kill()
    said += (await process.stdout.read()).splitlines(keepends=True)
    await process.wait()
    # One look: what the killed process had sent may still be done before or after it.
    found = [plain(item) for item in (await table.do("scan", ConsistentRead=True))["Items"]]
    kinds = [item["sk"].split("#")[0] for item in found]
    booked = {item["booking_id"] for item in found if item["sk"].startswith("BOOKING#")}
    assert {line.decode().strip() for line in said if line.endswith(b"\n")} <= booked
    assert kinds.count("LOCK") == kinds.count("KEY") == kinds.count("BOOKING") == len(booked)
    assert [item["bookings"] for item in found if item["sk"] == "COUNT#"] == [len(booked)]


async def test_a_booking_that_is_refused_leaves_nothing_of_itself(open_table: Open) -> None:
    table, store = open_table(), DynamoBookings(open_table())
    await store.book(SLOT, "ana", key="k", now=NOW)
    with pytest.raises(SlotTaken):
        await store.book(SLOT, "bob", key="k", now=NOW)
    found = [item async for page in table.pages("scan") for item in page]
    assert sorted(item["sk"].split("#")[0] for item in found) == ["BOOKING", "COUNT", "KEY", "LOCK"]
    assert not [item for item in found if "bob" in item["pk"]]


async def test_the_limit_holds_over_clients_and_keeps_to_it_after_a_cancellation(
    open_table: Open,
) -> None:
    stores = [DynamoBookings(open_table()) for _ in range(3)]

    async def attempt(hour: int) -> Booking | None:
        wanted = slot(f"{hour:02}:00")
        try:
            return await stores[hour % 3].book(
                wanted, "ana", key=str(hour), now=NOW, max_upcoming=2
            )
        except TooManyBookings:
            return None

    made = [each for each in await asyncio.gather(*map(attempt, range(8, 16))) if each]
    assert len(made) == 2
    await stores[0].cancel(made[0].booking_id, "ana")
    again = [each for each in await asyncio.gather(*map(attempt, range(16, 22))) if each]
    assert len(again) == 1


async def test_of_many_that_cancel_and_book_at_once_the_slot_has_one_holder(
    open_table: Open,
) -> None:
    stores = [DynamoBookings(open_table()) for _ in range(2)]
    held = await stores[0].book(SLOT, "ana", key="k", now=NOW)

    async def take(number: int) -> bool:
        with suppress(SlotTaken):
            await stores[number % 2].book(SLOT, f"m{number}", key="k", now=NOW)
            return True
        return False

    cancelling = [stores[n % 2].cancel(held.booking_id, "ana") for n in range(4)]
    cancelled, won = await asyncio.gather(
        asyncio.gather(*cancelling), asyncio.gather(*map(take, range(10)))
    )
    assert {each.status for each in cancelled} == {"cancelled"}
    late = [await take(10)]
    confirmed = [b for b in await stores[0].bookings() if b.status == "confirmed"]
    assert sum([*won, *late]) == len(confirmed) == 1


async def test_a_booking_that_begins_now_is_not_ahead(open_table: Open) -> None:
    store = DynamoBookings(open_table())
    await store.book(SLOT, "ana", key="1", now=NOW)
    await store.book(slot("15:00"), "ana", key="2", now=SLOT.start, max_upcoming=1)
    with pytest.raises(TooManyBookings):
        await store.book(slot("16:00"), "ana", key="3", now=SLOT.start, max_upcoming=1)


async def test_bookings_of_a_day_and_of_all_are_those_of_the_members(open_table: Open) -> None:
    store = DynamoBookings(open_table())
    for number in range(12):
        wanted = find_slot(Club(), f"2019-03-{number % 3 + 2:02}T{number + 8:02}:00/A")
        await store.book(wanted, f"m{number % 4}", key=str(number), now=NOW)
    every = await store.bookings()
    days = {booking.date for booking in every}
    assert len(every) == 12
    assert [b for day in sorted(days) for b in await store.bookings(day=day)] == list(every)
    assert {b for n in range(4) for b in await store.bookings(member_id=f"m{n}")} == {*every}


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "loopback")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "loopback")


@pytest.mark.usefixtures("identity")
async def test_a_throttled_or_silent_table_is_said_as_the_club_says_it() -> None:
    kind = "com.amazonaws.dynamodb.v20120810#ThrottlingException"
    async with serving(answer({"__type": kind}, 400)) as server:
        table = DynamoTable("t", TableOptions(region="x", endpoint_url=server.url, tries=1))
        store = DynamoBookings(table)
        for attempt in (
            store.book(SLOT, "ana", key="k", now=NOW),
            store.taken(SLOT.date),
            store.bookings(day=SLOT.date),
        ):
            with pytest.raises(BookingsBusy):
                await attempt
    with pytest.raises(BookingsUnreachable, match="Try again with the same key"):
        await store.book(SLOT, "ana", key="k", now=NOW)
    await store.aclose()
