"""Every ``RunStore`` keeps the contract."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from batuta.core.record import RunStore
from batuta.storage.dynamodb import DynamoRuns
from batuta.storage.dynamodb_client import DynamoTable
from batuta.storage.sqlite import SqliteRuns
from tests.contract.conftest import SqliteOpener
from tests.contract.run_store import RunStoreContract


class TestRunStores(RunStoreContract):
    @pytest.fixture
    def open_store(self, sqlite_opener: SqliteOpener[SqliteRuns]) -> Callable[[], RunStore]:
        return sqlite_opener(SqliteRuns)


class TestDynamoRuns(RunStoreContract):
    @pytest.fixture
    def open_store(self, open_table: Callable[[], DynamoTable]) -> Callable[[], RunStore]:
        return lambda: DynamoRuns(open_table())
