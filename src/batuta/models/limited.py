"""A model that answers only so many requests at the same time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batuta.core.model import Emit, Model, ModelReply, ModelRequest, ignore

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop


class LimitedModel:
    """Lets requests to another model wait for their turn, in the order in which they came.

    Args:
        at_once: Most requests under way.
    """

    def __init__(self, inner: Model, at_once: int) -> None:
        if at_once < 1:
            raise ValueError("At least one request must be allowed at once.")
        self.inner = inner
        self._at_once = at_once
        self._turns: tuple[AbstractEventLoop, asyncio.Semaphore] | None = None

    @property
    def name(self) -> str:
        """The other model's name."""
        return self.inner.name

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Wait for a turn, then ask; a request that is cancelled takes none.

        Raises:
            ModelError: As the other model raises it.
        """
        async with self._semaphore():
            return await self.inner.reply(request, emit)

    def _semaphore(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        if self._turns is None or self._turns[0] is not loop:
            self._turns = loop, asyncio.Semaphore(self._at_once)
        return self._turns[1]
