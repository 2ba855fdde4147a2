"""What a run is begun with, as JSON: all that it needs to go on in another process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from batuta.core.budget import Budget
from batuta.core.clock import Clock, FixedClock, SystemClock
from batuta.core.message import Message
from batuta.core.model_settings import ModelSettings
from batuta.core.principal import Principal
from batuta.core.retry import Retry
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.slots import new_dict
from batuta.remote.codec import read, written

if TYPE_CHECKING:
    from batuta.core.tool import Hook


@dataclass(frozen=True, slots=True)
class StandingClock:
    """The time at which a run began, while seconds pass as on the clock inside.

    A run asks what time it is again and again; in a later attempt it must hear the same.
    """

    inner: Clock
    moment: datetime

    def now(self) -> datetime:
        """Give the moment."""
        return self.moment

    def monotonic(self) -> float:
        """Give the inner clock's seconds."""
        return self.inner.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait as the inner clock does."""
        await self.inner.sleep(seconds)


def standing(clock: Clock, moment: datetime) -> Clock:
    """Let a clock stand at a moment."""
    if isinstance(clock, SystemClock):
        return FixedClock(moment)
    return StandingClock(clock, moment)


@dataclass(frozen=True, kw_only=True, slots=True)
class Inputs:
    """A run before it begins.

    Args:
        place: Under which runtime of the process its agent is registered: the style's key.
    """

    place: str
    agent: str
    message: Message
    principal: Principal
    session: Session | None
    budget: Budget
    retry: Retry
    idempotency_prefix: str
    now: datetime
    time_zone: str
    history_limit: int
    labels: Mapping[str, str] = field(default_factory=new_dict)
    settings: ModelSettings | None = None
    traceparent: str = ""
    earlier_steps: str = ""

    @classmethod
    def of(
        cls, place: str, agent: str, message: Message, *, options: RunOptions, now: datetime
    ) -> Inputs:
        """Take what can be written down out of a run's options."""
        return cls(
            place=place,
            agent=agent,
            message=message,
            principal=options.principal,
            session=options.session,
            budget=options.budget,
            retry=options.retry,
            idempotency_prefix=options.idempotency_prefix,
            now=now,
            time_zone=options.time_zone,
            history_limit=options.history_limit,
            labels=dict(options.labels),
            settings=options.settings,
            traceparent=options.traceparent,
            earlier_steps=options.earlier_steps,
        )

    def options(self, run_id: str, clock: Clock, hooks: Sequence[Hook]) -> RunOptions:
        """Make the options of a run that another process began."""
        return RunOptions(
            principal=self.principal,
            session=self.session,
            budget=self.budget,
            run_id=run_id,
            idempotency_prefix=self.idempotency_prefix,
            clock=standing(clock, self.now),
            time_zone=self.time_zone,
            hooks=hooks,
            retry=self.retry,
            history_limit=self.history_limit,
            labels=self.labels,
            settings=self.settings,
            traceparent=self.traceparent,
            earlier_steps=self.earlier_steps,
        )

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data; ``from_json`` reverses it."""
        unset = [name for name in _LATER if not getattr(self, name)]
        return {_STORED.get(name, name): value for name, value in written(self, unset).items()}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Inputs:
        """Read what ``to_json`` wrote, now or before an upgrade.

        Raises:
            ValueError: It is something else.
        """
        held = {**_LATER, **raw}  # before there were any
        return read(cls, {name: held[_STORED.get(name, name)] for name in _NAMES})


_LATER: Mapping[str, Any] = {"settings": None, "traceparent": "", "earlier_steps": ""}
"""Fields that were not always there, and what they are then."""
_STORED = {"idempotency_prefix": "prefix"}
"""Fields that have another name in the database."""
_NAMES = tuple(f.name for f in fields(Inputs))
