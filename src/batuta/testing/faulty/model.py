"""The wrapper that decides when something goes wrong."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.errors import ModelError, ModelRateLimited, ModelTimeout
from batuta.faults.mistakes import MISTAKES, GoodReply, SpoiledReply
from batuta.faults.model_faults import Fault, Inject, Injected
from batuta.testing.recorded.content import Reader

if TYPE_CHECKING:
    from batuta.core.model import Model


@dataclass(slots=True)
class _Count:
    could: int = 0
    did: int = 0


@dataclass(frozen=True, slots=True)
class _Once:
    """One call: its number, and what its luck depends on."""

    call: int
    luck: str


@dataclass
class FaultyModel:
    """Asks another model and spoils some of its replies.

    Whether a rate strikes follows from the seed, the fault, the request's content and how often the
    same was asked before: requests at once, in any order, meet the same faults. ``calls`` counts
    them as they come, which is the same from run to run only where calls come one by one. Of
    several faults that would strike one call, the first in the list does, errors before replies.

    The other model is asked but for a timeout or rate limit, so that usage and labels are its own.
    Its text is passed on once it is whole. Nothing waits: a timeout is raised at once.

    Args:
        faults: What goes wrong; a fault to its rate will do.
        active: False lets everything through.
        injected: What was done so far.
    """

    inner: Model
    faults: Sequence[Inject] | Mapping[Fault, float] = ()
    seed: int = 0
    active: bool = True
    injected: list[Injected] = field(default_factory=list[Injected])

    def __post_init__(self) -> None:
        given = self.faults
        if isinstance(given, Mapping):
            given = [Inject(fault=fault, rate=rate) for fault, rate in given.items()]
        self._injects = tuple(given)
        self._counts = [_Count() for _ in self._injects]
        self._seen: Counter[object] = Counter()
        self._asked = 0

    @property
    def name(self) -> str:
        """The other model's name."""
        return self.inner.name

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Ask the other model and spoil its reply where a fault strikes.

        Raises:
            ModelError: A timeout, rate limit or cut was injected, or the other model raised it.
        """
        if not self.active:
            return await self.inner.reply(request, emit)
        self._asked += 1
        content = Reader().content(request)
        self._seen[content] += 1
        once = _Once(self._asked, f"{self.seed}|{self._seen[content]}|{content.messages}")
        error = self._struck(once, lambda inject, _: _error(inject, self.name))
        if error is not None:
            return _given(error, emit)
        pieces: list[str] = []
        reply = await self.inner.reply(request, ignore if emit is ignore else pieces.append)

        def spoiled(inject: Inject, luck: random.Random) -> SpoiledReply | None:
            way = MISTAKES.get(inject.fault)
            return way(GoodReply(request, reply, pieces, luck, inject.made_up)) if way else None

        return _given(self._struck(once, spoiled) or SpoiledReply(reply, pieces), emit)

    def _struck(
        self, once: _Once, spoil: Callable[[Inject, random.Random], SpoiledReply | None]
    ) -> SpoiledReply | None:
        """Give what comes of the first fault that strikes; None where none does."""
        for inject, count in zip(self._injects, self._counts, strict=True):
            luck = random.Random(f"{inject.fault}|{once.luck}")  # noqa: S311 - repeats on purpose
            strikes = luck.random() < inject.rate
            spoiled = spoil(inject, luck)
            if spoiled is not None and _is_due(inject, count, strikes=strikes):
                self.injected.append(Injected(once.call, inject.fault, spoiled.detail))
                return spoiled
        return None


def _is_due(inject: Inject, count: _Count, *, strikes: bool) -> bool:
    """Count a call to which the fault can happen, and say whether it does."""
    count.could += 1
    due = strikes or count.could in inject.calls
    if not due or (inject.most is not None and count.did >= inject.most):
        return False
    count.did += 1
    return True


def _given(spoiled: SpoiledReply, emit: Emit) -> ModelReply:
    for piece in spoiled.pieces:
        emit(piece)
    if isinstance(spoiled.reply, ModelError):
        raise spoiled.reply
    return spoiled.reply


def _error(inject: Inject, name: str) -> SpoiledReply | None:
    """Make the error of a fault for which the other model need not be asked."""
    match inject.fault:
        case Fault.TIMEOUT:
            return SpoiledReply(ModelTimeout(name, _TIMEOUT_S))
        case Fault.RATE_LIMIT:
            return SpoiledReply(ModelRateLimited(name, inject.retry_after_s))
        case _:
            return None


_TIMEOUT_S = 30.0
