"""Bookings in a DynamoDB table, safe between processes and machines.

A booking is one transaction of four writes, all or none: the lock of its slot, the booking, the
record of its idempotency key, and the count of the member's bookings.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

from batuta import errors as platform
from batuta.storage.dynamodb_client import DynamoTable, keyed, plain, typed
from batuta.storage.dynamodb_failures import TransactionCancelled
from batuta.storage.dynamodb_table import INDEX
from batuta.tennis.bookings import Booking, Status, new_booking, same_slot
from batuta.tennis.errors import (
    BookingNotFound,
    BookingsBusy,
    BookingsUnreachable,
    SlotTaken,
    TooManyBookings,
)
from batuta.tennis.slots import Slot

_LOCK, _BOOKING, _KEY, _COUNT = "LOCK", "BOOKING", "KEY", "COUNT"
_TRIES = 40  # each loses to one that won, so a member with many requests at once needs some
_NEW = "attribute_not_exists(pk)"


class DynamoBookings:
    """A ``BookingStore`` in a table, which the other stores may share.

    What ``taken``, ``find`` and a member's ``bookings`` give is what was last written; ``bookings``
    of a day may be behind by a moment.
    """

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    async def book(
        self,
        slot: Slot,
        member_id: str,
        *,
        key: str,
        now: dt.datetime,
        max_upcoming: int | None = None,
    ) -> Booking:
        """See ``BookingStore.book``."""
        made = new_booking(slot, member_id, key=key, now=now)
        began = self._table.clock.monotonic()
        for _ in range(_TRIES):
            # Counted before they are listed: whatever is booked after that is noticed.
            seen = None if max_upcoming is None else await self._count(member_id)
            upcoming = 0 if max_upcoming is None else await self._upcoming(made)
            full = max_upcoming is not None and upcoming >= max_upcoming
            if not full and await self._written(made, key, seen):
                return made
            earlier = await self.find(member_id, key)
            if earlier is not None:
                return same_slot(earlier, slot, key)
            lock = await self._item(_lock_of(made))
            if lock is not None:
                raise SlotTaken(slot.slot_id, by_you=lock["member_id"] == member_id)
            if full:
                raise TooManyBookings(max_upcoming or 0, upcoming)
            # Another booking of this member, or a cancellation, came between: look again.
        raise BookingsBusy(self._table.clock.monotonic() - began)

    async def taken(self, day: dt.date) -> frozenset[str]:
        """See ``BookingStore.taken``."""
        found = await self._query(keyed("DAY", day.isoformat()), f"{_LOCK}#", f"{_LOCK}#~")
        return frozenset(lock["slot_id"] for lock in found)

    async def find(self, member_id: str, key: str) -> Booking | None:
        """See ``BookingStore.find``."""
        by_key = await self._item(_key_of(member_id, key))
        if by_key is None:
            return None
        found = await self._item({"pk": by_key["pk"], "sk": by_key["booking_sk"]})
        return None if found is None else _booking(found)

    async def bookings(
        self, *, member_id: str | None = None, day: dt.date | None = None
    ) -> tuple[Booking, ...]:
        """See ``BookingStore.bookings``; all of them at once reads the whole table."""
        if member_id is not None:
            found = await self._query(keyed("MEMBER", member_id), f"{_BOOKING}#", f"{_BOOKING}#~")
        elif day is not None:
            found = await self._of_day(day)
        else:
            found = await self._scan(_BOOKING)
        made = [_booking(item) for item in found]
        wanted = [booking for booking in made if day is None or booking.date == day]
        order = sorted(wanted, key=lambda b: (b.start, b.court, b.booked_at, b.booking_id))
        return tuple(order)

    async def cancel(self, booking_id: str, member_id: str) -> Booking:
        """See ``BookingStore.cancel``."""
        began = self._table.clock.monotonic()
        for _ in range(_TRIES):
            held = {booking.booking_id: booking for booking in await self.bookings(
                member_id=member_id
            )}  # fmt: skip
            found = held.get(booking_id)
            if found is None:
                raise BookingNotFound(booking_id)
            if found.status == "cancelled":
                return found
            try:
                await self._do("transact_write_items", TransactItems=self._cancel_writes(found))
            except TransactionCancelled:
                continue  # cancelled by another at once: the next look sees that
            return replace(found, status="cancelled")
        raise BookingsBusy(self._table.clock.monotonic() - began)

    async def clear(self) -> None:
        """See ``BookingStore.clear``; not in one step: what is booked meanwhile may stay."""
        for kind in (_KEY, _COUNT, _BOOKING, _LOCK):  # a slot is free once all else is gone
            for item in await self._scan(kind):
                await self._do("delete_item", Key=typed({"pk": item["pk"], "sk": item["sk"]}))

    async def probe(self) -> None:
        """See ``BookingStore.probe``."""
        with _translated():
            await self._table.probe()

    async def aclose(self) -> None:
        """See ``BookingStore.aclose``: closes the table, and with it every store on it."""
        await self._table.aclose()

    async def _written(self, made: Booking, key: str, seen: int | None) -> bool:
        """Write a booking, unless a condition does not hold.

        Args:
            seen: The member's count of bookings must be this still; None takes any.
        """
        try:
            await self._do(
                "transact_write_items", TransactItems=self._booking_writes(made, key, seen)
            )
        except TransactionCancelled:
            return False
        except BookingsUnreachable:
            # Perhaps only its answer was lost.
            if await self.find(made.member_id, key) is None:
                raise
            return False
        return True

    def _booking_writes(self, made: Booking, key: str, seen: int | None) -> list[dict[str, Any]]:
        """Say what to write for a booking."""
        booking = _item_of(made)
        lock = {**_lock_of(made), "slot_id": made.slot_id, "booking_id": made.booking_id,
                "member_id": made.member_id}  # fmt: skip
        by_key = {**_key_of(made.member_id, key), "booking_sk": booking["sk"]}
        count: dict[str, Any] = {
            "TableName": self._table.name,
            "Key": typed(_count_of(made.member_id)),
            "UpdateExpression": "ADD bookings :one",
            "ExpressionAttributeValues": typed({":one": 1}),
        }
        if seen is not None:
            count["ConditionExpression"] = "bookings = :seen" if seen else _NEW
        if seen:
            count["ExpressionAttributeValues"] |= typed({":seen": seen})
        puts = [
            {"TableName": self._table.name, "Item": typed(item), "ConditionExpression": _NEW}
            for item in (lock, booking, by_key)
        ]
        return [*({"Put": put} for put in puts), {"Update": count}]

    def _cancel_writes(self, held: Booking) -> list[dict[str, Any]]:
        """Say what to write for a cancellation."""
        here = {"TableName": self._table.name}
        item = _item_of(held)
        cancelled = {
            "Key": typed({"pk": item["pk"], "sk": item["sk"]}),
            "UpdateExpression": "SET booking_status = :cancelled",
            "ConditionExpression": "booking_status = :confirmed",
            "ExpressionAttributeValues": typed(
                {":cancelled": "cancelled", ":confirmed": "confirmed"}
            ),
        }
        free = {"Key": typed(_lock_of(held))}  # as long as it is confirmed, the lock is its own
        return [{"Update": cancelled | here}, {"Delete": free | here}]

    async def _count(self, member_id: str) -> int:
        """Give how many bookings a member ever made: it changes with each."""
        found = await self._item(_count_of(member_id))
        return 0 if found is None else found["bookings"]

    async def _upcoming(self, made: Booking) -> int:
        first = f"{_BOOKING}#{_instant(made.booked_at)}~"
        found = await self._query(keyed("MEMBER", made.member_id), first, f"{_BOOKING}#~")
        return sum(item["booking_status"] == "confirmed" for item in found)

    async def _item(self, key: Mapping[str, str | int | bytes]) -> dict[str, Any] | None:
        answer = await self._do("get_item", Key=typed(key), ConsistentRead=True)
        return plain(answer["Item"]) if "Item" in answer else None

    async def _query(self, pk: str, first: str, last: str) -> list[dict[str, Any]]:
        return await self._all(
            "query",
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=typed({":pk": pk, ":first": first, ":last": last}),
            ConsistentRead=True,
        )

    async def _of_day(self, day: dt.date) -> list[dict[str, Any]]:
        return await self._all(
            "query",
            IndexName=INDEX,
            KeyConditionExpression="listing = :listing",
            ExpressionAttributeValues=typed({":listing": keyed("BOOKINGS", day.isoformat())}),
        )

    async def _scan(self, kind: str) -> list[dict[str, Any]]:
        ours = "(begins_with(pk, :m) OR begins_with(pk, :d))"
        return await self._all(
            "scan",
            FilterExpression=f"begins_with(sk, :kind) AND {ours}",
            ExpressionAttributeValues=typed({":kind": f"{kind}#", ":m": "MEMBER#", ":d": "DAY#"}),
            ConsistentRead=True,
        )

    async def _all(self, operation: str, **asked: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        with _translated():
            async for page in self._table.pages(operation, **asked):
                found += page
        return found

    async def _do(self, operation: str, **asked: Any) -> dict[str, Any]:
        with _translated():
            return await self._table.do(operation, **asked)


@contextmanager
def _translated() -> Generator[None]:
    """Say what befell the table as the club says it."""
    try:
        yield
    except platform.StoreUnreachable as error:
        raise BookingsUnreachable(error.waited_s) from error
    except platform.StoreBusy as error:
        raise BookingsBusy(error.waited_s) from error


def _lock_of(booking: Booking) -> dict[str, str | int | bytes]:
    return {"pk": keyed("DAY", booking.date.isoformat()), "sk": keyed(_LOCK, booking.slot_id)}


def _key_of(member_id: str, key: str) -> dict[str, str | int | bytes]:
    return {"pk": keyed("MEMBER", member_id), "sk": keyed(_KEY, key)}


def _count_of(member_id: str) -> dict[str, str | int | bytes]:
    return {"pk": keyed("MEMBER", member_id), "sk": f"{_COUNT}#"}


def _item_of(booking: Booking) -> dict[str, str | int | bytes]:
    start = _instant(booking.start)
    return {
        "pk": keyed("MEMBER", booking.member_id),
        "sk": f"{_BOOKING}#{start}#{booking.booking_id}",
        "listing": keyed("BOOKINGS", booking.date.isoformat()),
        "place": f"{start}#{booking.court}#{booking.booking_id}",
        "booking_id": booking.booking_id,
        "slot_id": booking.slot_id,
        "court": booking.court,
        "playing_day": booking.date.isoformat(),
        "start_utc": start,
        "end_utc": _instant(booking.end),
        "member_id": booking.member_id,
        "booking_status": booking.status,
        "booked_at": booking.booked_at.isoformat(timespec="microseconds"),
    }


def _booking(item: Mapping[str, Any]) -> Booking:
    return Booking(
        item["booking_id"],
        item["slot_id"],
        item["court"],
        dt.date.fromisoformat(item["playing_day"]),
        dt.datetime.fromisoformat(item["start_utc"]),
        dt.datetime.fromisoformat(item["end_utc"]),
        item["member_id"],
        cast("Status", item["booking_status"]),
        dt.datetime.fromisoformat(item["booked_at"]),
    )


def _instant(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="seconds")
