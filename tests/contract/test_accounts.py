"""Every account of a run agrees, on every runtime; streams that are left leave nothing behind."""

from __future__ import annotations

import asyncio
import logging
import random

import pytest

from batuta.core.clock import machine_ns
from batuta.core.runtime import RunOptions, Runtime
from batuta.telemetry.span_tree import EndedRun
from tests.contract.accounts import (
    HELLO,
    PRICES,
    AccountsContract,
    Counting,
    check_one_trace,
    tree,
)
from tests.contract.hosts import HOSTS
from tests.contract.runtime import Host, Setup

RUNS = 200


class TestAccounts(AccountsContract):
    @pytest.fixture(params=["local", "grpc-each", "lambda"])
    def host(self, request: pytest.FixtureRequest) -> Host:
        return HOSTS[request.param]


async def test_streams_left_at_any_event_leave_no_span_without_its_parent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chance = random.Random(17)  # noqa: S311 - the same events every time
    told: list[EndedRun] = []
    with caplog.at_level(logging.DEBUG):
        async with HOSTS["local"](Setup(agents=tree(), model=Counting(), prices=PRICES)) as runtime:
            runtime.observer = lambda r, b: told.append(EndedRun(r, b, machine_ns()))
            for _ in range(RUNS):
                await _left(runtime, chance.randrange(1, 24))
    assert len(told) == RUNS
    for ended in told:
        check_one_trace(ended)
    cut = sum(ended.record.stop_reason == "cancelled" for ended in told)
    assert cut > RUNS // 2
    assert not [each for each in caplog.records if each.name.startswith("opentelemetry")]


async def _left(runtime: Runtime, after: int) -> None:
    """Run, and leave once so many events have come."""
    seen = 0

    def hear(_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == after:
            task.cancel()

    task = asyncio.create_task(runtime.run("front", HELLO, RunOptions(listener=hear)))
    await asyncio.wait({task})
