"""Every ``AttachmentStore`` keeps the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from batuta.core.attachment_store import AttachmentStore
from batuta.core.clock import ManualClock
from batuta.storage.attachments_dynamodb import DynamoAttachments
from batuta.storage.attachments_sqlite import SqliteAttachments
from batuta.storage.dynamodb_client import DynamoTable
from tests.contract.attachment_store import AttachmentStoreContract, Open


class TestSqliteAttachments(AttachmentStoreContract):
    @pytest.fixture(params=["file", "memory"])
    async def open_store(
        self, request: pytest.FixtureRequest, tmp_path: Path
    ) -> AsyncIterator[Open]:
        where = tmp_path / "new" / "a.db" if request.param == "file" else ":memory:"
        async with AsyncExitStack() as closing:

            def opened(clock: ManualClock) -> AttachmentStore:
                store = SqliteAttachments(where, keep_days=10, clock=clock)
                closing.push_async_callback(store.aclose)
                return store

            yield opened


class TestDynamoAttachments(AttachmentStoreContract):
    @pytest.fixture
    def open_store(self, open_table: Callable[[], DynamoTable]) -> Open:
        def opened(clock: ManualClock) -> AttachmentStore:
            table = open_table()
            table.clock = clock
            return DynamoAttachments(table, keep_days=10)

        return opened
