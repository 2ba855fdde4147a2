"""Every ``RunStore`` keeps the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from batuta.core.record import RunStore
from batuta.stores.sqlite import SqliteRuns
from tests.contract.run_store import RunStoreContract

Opener = Callable[[], RunStore]
Backend = Callable[[Path, AsyncExitStack], Opener]


def _file(folder: Path, closing: AsyncExitStack) -> Opener:
    def open_store() -> RunStore:
        store = SqliteRuns(folder / "new" / "batuta.db")
        closing.push_async_callback(store.aclose)
        return store

    return open_store


def _memory(_: Path, closing: AsyncExitStack) -> Opener:
    """Nobody else can open what is in memory: all get the one store."""
    store = SqliteRuns(":memory:")
    closing.push_async_callback(store.aclose)
    return lambda: store


class TestRunStores(RunStoreContract):
    @pytest.fixture(params=[_file, _memory], ids=["sqlite-file", "sqlite-memory"])
    async def open_store(
        self, request: pytest.FixtureRequest, tmp_path: Path
    ) -> AsyncIterator[Opener]:
        backend: Backend = request.param
        async with AsyncExitStack() as closing:
            yield backend(tmp_path, closing)
