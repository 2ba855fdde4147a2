"""A model that fails in the one call that a fault strikes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.errors import (
    ModelAuthFailed,
    ModelContextTooLong,
    ModelError,
    ModelNotFound,
    ModelRateLimited,
    ModelRefused,
    ModelReplyInvalid,
    ModelTimeout,
    ModelUnavailable,
)
from batuta.faults.mistakes import MISTAKES, GoodReply, SpoiledReply
from batuta.faults.model_faults import Fault

if TYPE_CHECKING:
    from random import Random

    from batuta.core.clock import Clock
    from batuta.core.model import Model
    from batuta.faults.plan import FaultPlace, FaultPlan, PlannedFault

SLOW = "slow"
_TIMEOUT_S = 30.0
ERRORS: Mapping[str, Callable[[str], ModelError]] = {
    "timeout": lambda name: ModelTimeout(name, _TIMEOUT_S),
    "rate-limit": lambda name: ModelRateLimited(name, 0.0),
    "unavailable": lambda name: ModelUnavailable(name, "overloaded", retry_after_s=0.0),
    "gone": lambda name: ModelUnavailable(name, "out of service", retryable=False),
    "refused": ModelRefused,
    "reply-invalid": lambda name: ModelReplyInvalid(name, "its reply does not fit the schema"),
    "auth-failed": lambda name: ModelAuthFailed(
        name, "the provider does not know the key", variable="the variable that holds it"
    ),
    "not-found": ModelNotFound,
    "too-long": ModelContextTooLong,
}
"""Errors of a model by the kind of the fault: those that may be tried again, then the others."""
SPOILS: Mapping[str, Fault] = {
    "cut": Fault.CUT,
    "malformed-arguments": Fault.BAD_ARGUMENTS,
    "unknown-tool": Fault.UNKNOWN_TOOL,
    "invented-id": Fault.INVENTED_ID,
    "wrong-type": Fault.WRONG_TYPE,
    "empty": Fault.EMPTY,
    "endless": Fault.ENDLESS,
    "refusal": Fault.REFUSAL,
    "nonsense": Fault.NONSENSE,
}
"""What can be wrong with a reply, by the kind of the fault."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StruckModel:
    """A model for one call: asked as always, or failing as the plan has it."""

    inner: Model
    plan: FaultPlan
    place: FaultPlace
    clock: Clock

    @property
    def name(self) -> str:
        """The other model's name."""
        return self.inner.name

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Ask the other model, unless a fault comes before it, and spoil its reply where one does.

        Raises:
            ModelError: As the fault is, or the other model raised it.
        """
        fault = self.plan.struck_one("model", self.place, (*ERRORS, SLOW))
        if fault is not None and fault.kind == SLOW:
            await self.clock.sleep(fault.seconds)
        elif fault is not None:
            raise ERRORS[fault.kind](self.name)
        pieces: list[str] = []
        said = await self.inner.reply(request, ignore if emit is ignore else pieces.append)
        spoiled = self._spoiled(request, said, pieces) or SpoiledReply(said, pieces)
        for piece in spoiled.pieces:
            emit(piece)
        if isinstance(spoiled.reply, ModelError):
            raise spoiled.reply
        return spoiled.reply

    def _spoiled(
        self, request: ModelRequest, said: ModelReply, pieces: list[str]
    ) -> SpoiledReply | None:
        """Give what comes of the first fault that strikes; None where none does."""
        for number, fault in self.plan.of("model"):
            if fault.kind in SPOILS:
                made = self._made(fault, GoodReply(request, said, pieces, self._chance(fault)))
                if made is not None and self.plan.strikes(number, self.place, made.detail):
                    return made
        return None

    def _made(self, fault: PlannedFault, said: GoodReply) -> SpoiledReply | None:
        return MISTAKES[SPOILS[fault.kind]](said)

    def _chance(self, fault: PlannedFault) -> Random:
        return self.plan.chance(fault, self.place)
