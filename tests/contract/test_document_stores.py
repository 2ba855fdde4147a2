"""Every ``DocumentStore`` keeps the contract."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from batuta.models.minilm import MiniLM
from batuta.parts.retrieval import DocumentStore
from batuta.storage.documents_lance import LanceDocuments
from batuta.storage.documents_sqlite import SqliteDocuments
from tests.contract.conftest import SqliteOpener
from tests.contract.document_store import THREE, DocumentStoreContract


class TestSqlite(DocumentStoreContract):
    @pytest.fixture
    def open_store(
        self, sqlite_opener: SqliteOpener[SqliteDocuments]
    ) -> Callable[[], DocumentStore]:
        return sqlite_opener(SqliteDocuments)


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()  # its weights are read once


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, minilm: MiniLM) -> Path:
    """A folder with what every test begins with: to make one takes four times what a test does."""
    folder = tmp_path_factory.mktemp("filled") / "vectors"

    async def fill() -> None:
        async with LanceDocuments(folder, minilm) as store:
            await store.add(THREE)

    asyncio.run(fill())
    return folder


class TestLance(DocumentStoreContract):
    @pytest.fixture
    async def store(
        self, filled: Path, tmp_path: Path, open_store: Callable[[], DocumentStore]
    ) -> DocumentStore:
        shutil.copytree(filled, tmp_path / "new" / "vectors")
        return open_store()

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
