"""What became of an agent that a pattern called: its answer or error, and what it used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from batuta.core.model import Usage
from batuta.core.price import FREE, Cost
from batuta.errors import BatutaError, ReplayMismatch

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.core.trace import Event

Status = Literal["done", "failed", "cancelled", "skipped"]
RECORD = "composition"
"""The key of a composition's record in its answer's metadata."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """One member of a composition after its turn.

    Args:
        status: ``cancelled`` was begun and given up; ``skipped`` was never begun.
        usage: Tokens of the member and of everything below it.
        cost: Money for that.
    """

    agent: str
    status: Status = "done"
    reply: Message | None = None
    error: BatutaError | None = None
    usage: Usage = field(default_factory=Usage)
    cost: Cost = FREE

    @property
    def ok(self) -> bool:
        """Whether there is an answer."""
        return self.reply is not None

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data: how it went, never the answer itself."""
        made: dict[str, Any] = {
            "agent": self.agent,
            "status": self.status,
            "usage": asdict(self.usage),
            "cost": asdict(self.cost),
        }
        if self.error is not None:
            made["error"] = {"code": self.error.code, "message": str(self.error)}
        inner = None if self.reply is None else self.reply.metadata.get(RECORD)
        if inner is not None:
            made[RECORD] = inner
        return made


async def attempt(run: Run, agent: Agent | str, message: Message, **options: Any) -> Ran:
    """Call an agent and tell how it went; its error is told, not raised.

    Args:
        options: As ``Run.call`` takes them.

    Raises:
        ReplayMismatch: A replay that no longer fits must never look like a failed member.
    """
    name = agent if isinstance(agent, str) else agent.name
    events = run.job.trace.events
    first, span = len(events), f"{run.path}.{run.count + 1}" if run.path else str(run.count + 1)
    reply: Message | None = None
    failure: BatutaError | None = None
    try:
        reply = await run.call(agent, message, **options)
    except ReplayMismatch:
        raise
    except BatutaError as error:
        failure = error
    usage, cost = spent_below(span, events[first:])
    status: Status = "done" if failure is None else "failed"
    return Ran(agent=name, status=status, reply=reply, error=failure, usage=usage, cost=cost)


def spent_below(span: str, events: Iterable[Event]) -> tuple[Usage, Cost]:
    """Add up the tokens and the money of a span and of everything inside it."""
    usage, cost = Usage(), FREE
    for event in events:
        if event.span == span or event.span.startswith(f"{span}."):
            usage = usage if event.usage is None else usage + event.usage
            cost = cost if event.cost is None else cost + event.cost
    return usage, cost


def with_record(
    reply: Message, pattern: str, members: Sequence[Ran], *, stop: str, **facts: Any
) -> Message:
    """Put a composition's record into its answer's metadata, beside what is there already.

    Args:
        stop: Why it ended, such as ``quorum`` or ``target reached``.
        facts: JSON-able details of the pattern: votes, scores, route.
    """
    told = {"pattern": pattern, "stop": stop, "members": [m.to_json() for m in members], **facts}
    return reply.with_metadata(**{RECORD: told})
