"""Every ``SessionStore`` keeps the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from batuta.core.session import SessionStore
from batuta.stores.sqlite import SqliteSessions
from tests.contract.session_store import SessionStoreContract

Opener = Callable[[], SessionStore]
Backend = Callable[[Path, AsyncExitStack], Opener]


def _file(folder: Path, closing: AsyncExitStack) -> Opener:
    def open_store() -> SessionStore:
        store = SqliteSessions(folder / "new" / "batuta.db")
        closing.push_async_callback(store.aclose)
        return store

    return open_store


def _memory(_: Path, closing: AsyncExitStack) -> Opener:
    """Nobody else can open what is in memory: all get the one store."""
    store = SqliteSessions(":memory:")
    closing.push_async_callback(store.aclose)
    return lambda: store


class TestSessionStores(SessionStoreContract):
    @pytest.fixture(params=[_file, _memory], ids=["sqlite-file", "sqlite-memory"])
    async def open_store(
        self, request: pytest.FixtureRequest, tmp_path: Path
    ) -> AsyncIterator[Opener]:
        backend: Backend = request.param
        async with AsyncExitStack() as closing:
            yield backend(tmp_path, closing)
