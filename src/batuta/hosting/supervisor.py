"""Several services at once: all started, all kept alive, all stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from batuta.core.clock import SystemClock
from batuta.hosting.service import Plan, Say, Service

if TYPE_CHECKING:
    from batuta.core.clock import Clock

START_S = 60.0
"""Longest time that a service may take until it is ready."""


def unheard(service: str, line: str) -> None:
    """Take what nobody wants to hear."""


@asynccontextmanager
async def supervised(
    plans: Sequence[Plan],
    *,
    say: Say = unheard,
    clock: Clock | None = None,
    start_s: float = START_S,
) -> AsyncGenerator[Sequence[Service]]:
    """Run services while the block lasts; it begins once all are ready.

    Args:
        say: Told what they write, and what becomes of them.

    Raises:
        AgentFailed: One of them did not start; the others are stopped again.
    """
    services = [Service(p, clock or SystemClock(), say) for p in plans]
    kept = [asyncio.create_task(service.keep()) for service in services]
    try:
        for service in services:
            await _up(service, start_s)
        yield services
    finally:
        for task in kept:
            task.cancel()
        await asyncio.wait(kept)
    for task in kept:
        if not task.cancelled():
            task.result()


async def _up(service: Service, start_s: float) -> None:
    try:
        async with asyncio.timeout(start_s):
            await service.up()
    except TimeoutError as error:
        raise service.failed(f"was not ready after {start_s:g} s") from error
