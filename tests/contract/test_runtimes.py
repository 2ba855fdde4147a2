"""Every ``Runtime`` keeps the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from batuta.core.runtime import Runtime
from batuta.runtimes.local import LocalRuntime
from batuta.wiring import LAYERS
from tests.contract.runtime import PRICES, Host, RuntimeContract, Setup


@asynccontextmanager
async def _local(setup: Setup) -> AsyncIterator[Runtime]:
    runtime = LocalRuntime(
        LAYERS, models=lambda _: setup.model, prices=PRICES, max_concurrent_calls=setup.limit
    )
    runtime.register(*setup.agents)
    await runtime.start()
    yield runtime
    await runtime.stop()


class TestRuntimes(RuntimeContract):
    @pytest.fixture(params=[_local], ids=["local"])
    def host(self, request: pytest.FixtureRequest) -> Host:
        return request.param
