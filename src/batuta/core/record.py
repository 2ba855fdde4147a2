"""What comes back with every answer, and the protocol of what keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from batuta.core.message import Message
from batuta.core.model import Usage
from batuta.core.packed_events import packed, unpacked
from batuta.core.price import FREE, Cost
from batuta.core.slots import direct_init
from batuta.core.trace import Event
from batuta.errors import BatutaError, RuntimeFailure

if TYPE_CHECKING:
    from batuta.core.effect import RunEffect
    from batuta.core.in_hand import PartialAnswer

RunStop = Literal["done", "length", "error", "budget", "deadline", "cancelled"]
"""``length``: the answer was cut off at its model's limit of output tokens."""


@direct_init
@dataclass(frozen=True, kw_only=True, slots=True)
class RunRecord:
    """One run: what was asked, answered, done, used and paid.

    Args:
        style: Key of the control style; empty for a bare agent.
        stop_reason: Why the run ended.
        error: Code and message where it failed, or was cancelled after something was done.
        stand_in: True where a model answered that is no real one.
        started_at: ISO time in UTC.
        steps: Messages that the agent exchanged with its model and tools on the way.
        traceparent: W3C trace context that it came with; empty for none.
    """

    run_id: str
    agent: str
    principal_id: str
    question: Message
    reply: Message | None
    events: Sequence[Event]
    usage: Usage = field(default_factory=Usage)
    cost: Cost = FREE
    model_calls: int = 0
    tool_calls: int = 0
    stop_reason: RunStop = "done"
    error: Mapping[str, str] | None = None
    stand_in: bool = False
    started_at: str = ""
    seconds: float = 0.0
    style: str = ""
    app: str = ""
    session_id: str = ""
    steps: Sequence[Message] = ()
    traceparent: str = ""
    failure: BatutaError | None = field(default=None, compare=False, repr=False)

    @property
    def text(self) -> str:
        """The answer in words; of a failed run, the error's message."""
        if self.reply is not None:
            return self.reply.text
        return self.error["message"] if self.error else ""

    @property
    def effects(self) -> tuple[RunEffect, ...]:
        """What the run did to the world, and what it may have done, from its events."""
        from batuta.core.effect import effects_in

        return effects_in(self.events)

    @property
    def unknown_effects(self) -> tuple[str, ...]:
        """Names of writing tools that were begun, and of which nobody knows how they ended.

        Their process was lost, or they were cut short; the same idempotency key resolves it.
        """
        return tuple(effect.tool for effect in self.effects if effect.status == "unknown")

    @property
    def answers(self) -> tuple[PartialAnswer, ...]:
        """What agents had answered that went into no answer, of a run that has none itself."""
        from batuta.core.in_hand import answers_in_hand

        return () if self.reply is not None else answers_in_hand(self.events)

    @property
    def failed(self) -> str:
        """What failed for good, where the answer can only report that; else empty.

        A tool, or an agent that another one asked, whose last use failed, with nothing done after
        it; what code called, and got along without, is no failure.
        """
        from batuta.core.effect import failure_in

        return "" if self.reply is None else failure_in(self.events)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the answer should be warned of: a claim undone, an answer replaced."""
        return warnings_in(self.events, UNDONE_CLAIM, ANSWER_REPLACED)

    @property
    def false_claims(self) -> tuple[str, ...]:
        """Those of the warnings that tell of a claim of what was not done."""
        return warnings_in(self.events, UNDONE_CLAIM)

    def raised(self) -> RunRecord:
        """Raise the run's error where it failed; else give the record back."""
        if self.failure is not None:
            raise self.failure
        return self

    def answer(self) -> Message:
        """Give the answer, or raise the run's error."""
        self.raised()
        if self.reply is None:
            raise RuntimeFailure(self.agent, f"gave no answer ({self.stop_reason})")
        return self.reply

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data; ``from_json`` reverses it, but for the exception object."""
        plain = {k: getattr(self, k) for k in _PLAIN}
        return {
            **plain,
            "question": self.question.to_json(),
            "reply": self.reply.to_json() if self.reply else None,
            "events": packed(self.events),
            "usage": self.usage.to_json(),
            "cost": self.cost.to_json(),
            "error": dict(self.error) if self.error else None,
            "steps": [m.to_json() for m in self.steps],
            **({"traceparent": self.traceparent} if self.traceparent else {}),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> RunRecord:
        """Read what ``to_json`` wrote."""
        return cls(
            **{k: raw[k] for k in _PLAIN},
            question=Message.from_json(raw["question"]),
            reply=Message.from_json(raw["reply"]) if raw["reply"] else None,
            events=unpacked(raw["events"]),
            usage=Usage(**raw["usage"]),
            cost=Cost(**raw["cost"]),
            error=raw["error"],
            steps=tuple(Message.from_json(m) for m in raw["steps"]),
            traceparent=raw.get("traceparent", ""),
        )


UNDONE_CLAIM = "claims what was not done"
"""Name of the warning that an answer is contradicted by the run's record."""
ANSWER_REPLACED = "answer replaced by a guardrail"
"""Name of the warning that an answer is a guardrail's words and not the agent's."""


def warnings_in(events: Iterable[Event], *names: str) -> tuple[str, ...]:
    """Give the texts of the warnings of these names."""
    told = (e.data or {} for e in events if e.kind == "warning" and e.name in names)
    return tuple(data.get("text", "") for data in told)


_PLAIN = (
    "run_id", "agent", "principal_id", "model_calls", "tool_calls", "stop_reason", "stand_in",
    "started_at", "seconds", "style", "app", "session_id",
)  # fmt: skip


class RunStore(Protocol):
    """Keeps run records; each is visible to its own principal alone."""

    async def save(self, record: RunRecord, request_key: str = "") -> None:
        """Write a record.

        Args:
            request_key: The caller's own key of the request; ``find`` gives the record back by it.
        """
        ...

    async def load(self, run_id: str, principal_id: str) -> RunRecord:
        """Read one record.

        Raises:
            RecordNotFound: There is none of that id for that principal.
        """
        ...

    async def find(self, request_key: str, principal_id: str) -> RunRecord | None:
        """Give the record of an earlier request with the same key, or None."""
        ...

    async def list(self, principal_id: str, limit: int = 50) -> Sequence[RunRecord]:
        """List a principal's records, newest first."""
        ...
