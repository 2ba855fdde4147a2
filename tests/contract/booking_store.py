"""What every ``BookingStore`` must do; a test module subclasses this with a ``store`` fixture."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from batuta.tennis.bookings import Booking, BookingStore
from batuta.tennis.club import Club
from batuta.tennis.errors import BookingNotFound, KeyReused, SlotTaken, TooManyBookings
from batuta.tennis.slots import Slot, find_slot

CLUB = Club()
NOW = dt.datetime(2019, 3, 1, 12, 30, 15, 250, tzinfo=dt.UTC)
DAY = dt.date(2019, 3, 2)
SUMMER = "2019-07-02T14:00/A"


def slot(time: str = "14:00", court: str = "A", day: dt.date = DAY) -> Slot:
    return find_slot(CLUB, f"{day}T{time}/{court}")


class BookingStoreContract:
    """Tests of one store; ``store`` is empty and open."""

    async def test_a_booking_holds_what_was_booked_in_utc(self, store: BookingStore) -> None:
        made = await store.book(find_slot(CLUB, SUMMER), "ana", key="k", now=NOW)
        assert made == Booking(
            made.booking_id,
            SUMMER,
            "A",
            dt.date(2019, 7, 2),
            dt.datetime(2019, 7, 2, 13, tzinfo=dt.UTC),
            dt.datetime(2019, 7, 2, 14, tzinfo=dt.UTC),
            "ana",
            "confirmed",
            NOW,
        )
        assert made.start.utcoffset() == dt.timedelta(0)
        assert await store.bookings() == (made,)
        assert (await store.bookings())[0].start.utcoffset() == dt.timedelta(0)

    async def test_the_same_key_again_gives_the_same_booking(self, store: BookingStore) -> None:
        first = await store.book(slot(), "ana", key="k", now=NOW)
        later = NOW + dt.timedelta(minutes=5)
        assert await store.book(slot(), "ana", key="k", now=later) == first
        assert await store.bookings() == (first,)

    async def test_a_key_belongs_to_its_member(self, store: BookingStore) -> None:
        ana = await store.book(slot(court="A"), "ana", key="k", now=NOW)
        bob = await store.book(slot(court="B"), "bob", key="k", now=NOW)
        assert ana.booking_id != bob.booking_id
        assert await store.find("ana", "k") == ana
        assert await store.find("bob", "k") == bob

    async def test_a_key_cannot_book_another_slot(self, store: BookingStore) -> None:
        await store.book(slot(), "ana", key="k", now=NOW)
        with pytest.raises(KeyReused) as caught:
            await store.book(slot("15:00"), "ana", key="k", now=NOW)
        assert caught.value.booked_slot_id == slot().slot_id
        assert await store.taken(DAY) == {slot().slot_id}

    async def test_a_taken_slot_is_refused(self, store: BookingStore) -> None:
        made = await store.book(slot(), "ana", key="k", now=NOW)
        with pytest.raises(SlotTaken) as caught:
            await store.book(slot(), "bob", key="k", now=NOW)
        assert (caught.value.slot_id, caught.value.by_you) == (slot().slot_id, False)
        assert await store.bookings() == (made,)
        assert await store.find("bob", "k") is None

    async def test_ones_own_slot_by_another_key_says_so(self, store: BookingStore) -> None:
        await store.book(slot(), "ana", key="k", now=NOW)
        with pytest.raises(SlotTaken) as caught:
            await store.book(slot(), "ana", key="other", now=NOW)
        assert caught.value.by_you

    async def test_a_hundred_at_once_make_one_booking(self, store: BookingStore) -> None:
        async def attempt(number: int) -> Booking | None:
            try:
                return await store.book(slot(), f"m{number}", key="k", now=NOW)
            except SlotTaken:
                return None

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(attempt(number)) for number in range(100)]
        made = [task.result() for task in tasks if task.result()]
        assert len(made) == 1
        assert await store.bookings() == (made[0],)

    async def test_one_key_at_once_makes_one_booking(self, store: BookingStore) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(store.book(slot(), "ana", key="k", now=NOW)) for _ in range(20)
            ]
        assert {task.result() for task in tasks} == set(await store.bookings())
        assert len(await store.bookings()) == 1

    async def test_taken_is_of_that_day_only(self, store: BookingStore) -> None:
        tomorrow = DAY + dt.timedelta(days=1)
        await store.book(slot(), "ana", key="1", now=NOW)
        await store.book(slot(court="B"), "bob", key="2", now=NOW)
        await store.book(slot(day=tomorrow), "ana", key="3", now=NOW)
        assert await store.taken(DAY) == {slot().slot_id, slot(court="B").slot_id}
        assert await store.taken(tomorrow) == {slot(day=tomorrow).slot_id}
        assert await store.taken(DAY - dt.timedelta(days=1)) == set()

    async def test_bookings_are_listed_by_start_then_court(self, store: BookingStore) -> None:
        wanted = [("15:00", "B"), ("09:00", "C"), ("15:00", "A")]
        for time, court in wanted:
            await store.book(slot(time, court), "ana", key=time + court, now=NOW)
        other = await store.book(slot("10:00"), "bob", key="k", now=NOW)
        listed = [booking.slot_id for booking in await store.bookings(member_id="ana")]
        assert listed == [slot(*each).slot_id for each in (wanted[1], wanted[2], wanted[0])]
        assert await store.bookings(member_id="bob", day=DAY) == (other,)
        assert await store.bookings(member_id="bob", day=DAY + dt.timedelta(days=1)) == ()
        assert len(await store.bookings(day=DAY)) == 4

    async def test_cancelling_frees_the_slot(self, store: BookingStore) -> None:
        made = await store.book(slot(), "ana", key="k", now=NOW)
        cancelled = await store.cancel(made.booking_id, "ana")
        assert cancelled.status == "cancelled"
        assert await store.taken(DAY) == set()
        assert (await store.book(slot(), "bob", key="k", now=NOW)).status == "confirmed"
        assert await store.cancel(made.booking_id, "ana") == cancelled
        assert await store.taken(DAY) == {slot().slot_id}

    async def test_a_key_still_gives_its_booking_once_cancelled(self, store: BookingStore) -> None:
        made = await store.book(slot(), "ana", key="k", now=NOW)
        cancelled = await store.cancel(made.booking_id, "ana")
        assert await store.book(slot(), "ana", key="k", now=NOW) == cancelled
        again = await store.book(slot(), "ana", key="new", now=NOW)
        assert (again.status, again.booking_id != made.booking_id) == ("confirmed", True)

    async def test_only_ones_own_booking_can_be_cancelled(self, store: BookingStore) -> None:
        made = await store.book(slot(), "ana", key="k", now=NOW)
        for booking_id, member in ((made.booking_id, "bob"), ("BK-00000-00000", "ana")):
            with pytest.raises(BookingNotFound):
                await store.cancel(booking_id, member)
        assert await store.taken(DAY) == {slot().slot_id}

    async def test_the_limit_counts_confirmed_bookings_ahead(self, store: BookingStore) -> None:
        past = slot(day=dt.date(2019, 2, 1))
        await store.book(past, "ana", key="past", now=NOW)
        await store.book(slot(), "bob", key="his", now=NOW)
        cancelled = await store.book(slot("09:00"), "ana", key="c", now=NOW)
        await store.cancel(cancelled.booking_id, "ana")
        first = await store.book(slot("10:00"), "ana", key="1", now=NOW, max_upcoming=1)
        with pytest.raises(TooManyBookings) as caught:
            await store.book(slot("11:00"), "ana", key="2", now=NOW, max_upcoming=1)
        assert (caught.value.limit, caught.value.upcoming) == (1, 1)
        assert await store.book(slot("10:00"), "ana", key="1", now=NOW, max_upcoming=1) == first

    async def test_the_limit_holds_at_once(self, store: BookingStore) -> None:
        async def attempt(hour: int) -> bool:
            wanted = slot(f"{hour:02}:00")
            try:
                await store.book(wanted, "ana", key=str(hour), now=NOW, max_upcoming=3)
            except TooManyBookings:
                return False
            return True

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(attempt(hour)) for hour in range(8, 20)]
        assert sum(task.result() for task in tasks) == 3
        assert len(await store.bookings(member_id="ana")) == 3

    async def test_clear_forgets_everything(self, store: BookingStore) -> None:
        await store.book(slot(), "ana", key="k", now=NOW)
        await store.clear()
        assert await store.bookings() == ()
        assert await store.find("ana", "k") is None
        assert (await store.book(slot(), "bob", key="k", now=NOW)).status == "confirmed"

    async def test_odd_names_are_kept_as_they_are(self, store: BookingStore) -> None:
        odd = "Zoë O'Neil; DROP TABLE bookings --\n"
        made = await store.book(slot(), odd, key=odd, now=NOW)
        assert await store.find(odd, odd) == made
        assert await store.bookings(member_id=odd) == (made,)
        assert await store.find("%", "%") is None

    @pytest.mark.parametrize(("member", "key"), [("", "k"), ("ana", "")])
    async def test_an_empty_member_or_key_is_a_programmers_error(
        self, store: BookingStore, member: str, key: str
    ) -> None:
        with pytest.raises(ValueError, match="empty"):
            await store.book(slot(), member, key=key, now=NOW)
        assert await store.bookings() == ()

    async def test_a_time_without_zone_is_a_programmers_error(self, store: BookingStore) -> None:
        with pytest.raises(ValueError, match="time zone"):
            await store.book(slot(), "ana", key="k", now=NOW.replace(tzinfo=None))
