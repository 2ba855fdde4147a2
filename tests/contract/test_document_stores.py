"""Every ``DocumentStore`` keeps the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from batuta.models.minilm import MiniLM
from batuta.parts.retrieval import DocumentStore
from batuta.storage.documents_lance import LanceDocuments
from batuta.storage.documents_sqlite import SqliteDocuments
from tests.contract.conftest import SqliteOpener
from tests.contract.document_store import DocumentStoreContract


class TestSqlite(DocumentStoreContract):
    @pytest.fixture
    def open_store(
        self, sqlite_opener: SqliteOpener[SqliteDocuments]
    ) -> Callable[[], DocumentStore]:
        return sqlite_opener(SqliteDocuments)


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()  # its weights are read once


class TestLance(DocumentStoreContract):
    @pytest.fixture
    async def open_store(
        self, tmp_path: Path, minilm: MiniLM
    ) -> AsyncIterator[Callable[[], DocumentStore]]:
        async with AsyncExitStack() as closing:

            def opener() -> DocumentStore:
                made = LanceDocuments(tmp_path / "new" / "vectors", minilm)
                closing.push_async_callback(made.aclose)
                return made

            yield opener
