"""The durable runtime as the contract suites host agents on it: one engine for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from batuta.core.clock import FixedClock
from batuta.runtimes.durable import DurableRuntime, Engine, Store
from batuta.wiring import LAYERS
from tests.contract.runtime import Setup
from tests.unit.core.rig import NOW


@dataclass(eq=False)
class House:
    """Makes durable runtimes that share one engine."""

    engine: Engine
    made: list[DurableRuntime] = field(default_factory=list, repr=False)
    _places: Any = field(default_factory=count)

    def runtime(self, **options: Any) -> DurableRuntime:
        options.setdefault("clock", FixedClock(NOW))
        runtime = DurableRuntime(self.engine, LAYERS, place=f"p{next(self._places)}", **options)
        self.made.append(runtime)
        return runtime

    @asynccontextmanager
    async def host(self, setup: Setup) -> AsyncIterator[DurableRuntime]:
        runtime = self.runtime(
            models=lambda _: setup.model, prices=setup.prices, max_concurrent_calls=setup.limit
        )
        runtime.register(*setup.agents)
        await runtime.start()
        yield runtime
        await runtime.stop()


@asynccontextmanager
async def durable_house(where: str | Path) -> AsyncIterator[House]:
    house = House(Engine(Store(where), "contract"))
    keeper = house.runtime()
    await keeper.start()
    try:
        yield house
    finally:
        for runtime in house.made:
            await runtime.stop()
