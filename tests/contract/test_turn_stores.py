"""Every ``TurnStore`` keeps the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from batuta.storage.dynamodb import DynamoRuns, DynamoSessions
from batuta.storage.dynamodb_client import DynamoTable
from batuta.storage.sqlite import SqliteRuns, SqliteSessions
from batuta.storage.sqlite_turns import SqliteTurns
from batuta.storage.turns import SeparateTurns
from tests.contract.turn_store import House, TurnStoreContract


class TestSqliteTurns(TurnStoreContract):
    @pytest.fixture
    async def house(self, tmp_path: Path) -> AsyncIterator[House]:
        path = tmp_path / "batuta.db"
        async with SqliteSessions(path) as sessions, SqliteRuns(path) as runs:
            yield House(sessions, runs, SqliteTurns(sessions, runs))


class TestSeparateTurns(TurnStoreContract):
    @pytest.fixture
    async def house(self) -> AsyncIterator[House]:
        async with SqliteSessions(":memory:") as sessions, SqliteRuns(":memory:") as runs:
            yield House(sessions, runs, SeparateTurns(sessions, runs))


class TestDynamoTurns(TurnStoreContract):
    @pytest.fixture
    def house(self, open_table: Callable[[], DynamoTable]) -> House:
        table = open_table()
        sessions, runs = DynamoSessions(table), DynamoRuns(table)
        return House(sessions, runs, SeparateTurns(sessions, runs))
