"""A model that answers only so many requests at the same time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batuta.core.at_work import acting
from batuta.core.model import (
    Abilities,
    Emit,
    Model,
    ModelReply,
    ModelRequest,
    abilities_of,
    ignore,
)
from batuta.core.places import Turns

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop


class LimitedModel:
    """Lets requests to another model wait for their turn, in the order in which they came.

    Of several principals whose runs ask, the one with the fewest requests under way comes first.

    Args:
        at_once: Most requests under way.
        share: Part of them that others leave which one principal's may be.
    """

    def __init__(self, inner: Model, at_once: int, share: float = 1.0) -> None:
        if at_once < 1:
            raise ValueError("At least one request must be allowed at once.")
        self.inner = inner
        self._at_once, self._share = at_once, share
        self._here: tuple[AbstractEventLoop, Turns] | None = None

    @property
    def name(self) -> str:
        """The other model's name."""
        return self.inner.name

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Wait for a turn, then ask; a request that is cancelled takes none.

        Raises:
            ModelError: As the other model raises it.
        """
        turns, caller = self._turns(), acting()
        await turns.take(caller)
        try:
            return await self.inner.reply(request, emit)
        finally:
            turns.give_back(caller)

    async def abilities(self) -> Abilities:
        """See ``AbleModel.abilities``: the other model's."""
        return await abilities_of(self.inner)

    def _turns(self) -> Turns:
        loop = asyncio.get_running_loop()
        if self._here is None or self._here[0] is not loop:
            self._here = loop, Turns(self._at_once, self._share)
        return self._here[1]
