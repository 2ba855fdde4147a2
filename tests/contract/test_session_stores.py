"""Every ``SessionStore`` keeps the contract."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from batuta.core.session import SessionStore
from batuta.storage.dynamodb import DynamoSessions
from batuta.storage.dynamodb_client import DynamoTable
from batuta.storage.sqlite import SqliteSessions
from tests.contract.conftest import SqliteOpener
from tests.contract.session_store import SessionStoreContract


class TestSessionStores(SessionStoreContract):
    @pytest.fixture
    def open_store(self, sqlite_opener: SqliteOpener[SqliteSessions]) -> Callable[[], SessionStore]:
        return sqlite_opener(SqliteSessions)


class TestDynamoSessions(SessionStoreContract):
    @pytest.fixture
    def open_store(self, open_table: Callable[[], DynamoTable]) -> Callable[[], SessionStore]:
        return lambda: DynamoSessions(open_table())
