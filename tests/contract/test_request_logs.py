"""Every ``RequestLog`` keeps the contract."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from batuta.core.request import RequestLog
from batuta.storage.dynamodb_client import DynamoTable
from batuta.storage.dynamodb_requests import DynamoRequests
from batuta.storage.requests_sqlite import SqliteRequests
from tests.contract.conftest import SqliteOpener
from tests.contract.request_log import RequestLogContract


class TestSqliteRequests(RequestLogContract):
    @pytest.fixture
    def open_store(self, sqlite_opener: SqliteOpener[SqliteRequests]) -> Callable[[], RequestLog]:
        return sqlite_opener(SqliteRequests)


class TestDynamoRequests(RequestLogContract):
    @pytest.fixture
    def open_store(self, open_table: Callable[[], DynamoTable]) -> Callable[[], RequestLog]:
        return lambda: DynamoRequests(open_table())
