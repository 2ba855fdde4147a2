"""Every ``BookingStore`` keeps the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from batuta.storage.dynamodb_client import DynamoTable
from batuta.tennis.bookings import BookingStore
from batuta.tennis.bookings_dynamodb import DynamoBookings
from batuta.tennis.bookings_sqlite import SqliteBookings
from tests.contract.booking_store import BookingStoreContract

Factory = Callable[[Path], BookingStore]


def _file(folder: Path) -> BookingStore:
    return SqliteBookings(folder / "new" / "bookings.db")


def _memory(_: Path) -> BookingStore:
    return SqliteBookings(":memory:")


class TestBookingStores(BookingStoreContract):
    @pytest.fixture(params=[_file, _memory], ids=["sqlite-file", "sqlite-memory"])
    async def store(
        self, request: pytest.FixtureRequest, tmp_path: Path
    ) -> AsyncIterator[BookingStore]:
        factory: Factory = request.param
        store = factory(tmp_path)
        yield store
        await store.aclose()


class TestDynamoBookings(BookingStoreContract):
    @pytest.fixture
    def store(self, open_table: Callable[[], DynamoTable]) -> BookingStore:
        return DynamoBookings(open_table())
