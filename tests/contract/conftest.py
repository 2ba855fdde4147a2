from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from batuta.parts.loop import AgentLoop
from tests.contract.loops import HERE, LOOPS
from tests.lambda_api import close_shared_cloud


class Store(Protocol):
    def aclose(self) -> Awaitable[None]: ...


StoreT = TypeVar("StoreT", bound=Store)
SqliteOpener = Callable[[Callable[[Path | str], StoreT]], Callable[[], StoreT]]


@pytest.fixture(params=HERE)
def loop(request: pytest.FixtureRequest) -> AgentLoop:
    """Each framework's loop that can be had here."""
    return LOOPS[request.param]()


@pytest.fixture(autouse=True, scope="session")
def closed_cloud() -> Iterator[None]:
    """Stop the loopback Lambda and DynamoDB, where a host of agents has started them."""
    yield
    close_shared_cloud()


@pytest.fixture(params=["sqlite-file", "sqlite-memory"])
async def sqlite_opener(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[SqliteOpener[Store]]:
    """Turns a class of stores into what opens one of it, on the same data each time."""
    in_memory = request.param == "sqlite-memory"
    where = ":memory:" if in_memory else tmp_path / "new" / "batuta.db"
    async with AsyncExitStack() as closing:

        def opener(kind: Callable[[Path | str], Store]) -> Callable[[], Store]:
            def open_store() -> Store:
                store = kind(where)
                closing.push_async_callback(store.aclose)
                return store

            if not in_memory:
                return open_store
            only = open_store()  # nobody else can open what is in memory
            return lambda: only

        yield opener
