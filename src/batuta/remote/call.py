"""A message for an agent elsewhere, with all that must travel with it of the run around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from batuta.core.budget import Budget
from batuta.core.clock import Clock, FixedClock
from batuta.core.message import Message
from batuta.core.price import Price
from batuta.core.principal import Principal
from batuta.core.retry import Retry
from batuta.core.session import Session

if TYPE_CHECKING:
    from batuta.core.run import Run


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """One message for one agent elsewhere.

    Args:
        span: Step path of the agent's own span.
        depth: Agents inside agents, 1 for the outermost.
        whose: Who owns the budget, as its errors say.
        seconds_left: Until the run's deadline; None without one.
        seconds_elapsed: Since the run began.
        history: The user's messages, and of an agent that shares it the recent conversation.
        question: What the run was begun with.
        listening: Whether anybody wants streamed text.
        now: Where the run's clock stands; None where it moves.
    """

    agent: str
    message: Message
    run_id: str
    span: str
    depth: int
    shares_history: bool
    principal: Principal
    limits: Budget
    whose: str
    seconds_left: float | None
    seconds_elapsed: float
    session_id: str
    state: Mapping[str, Any]
    history: tuple[Message, ...]
    question: Message | None
    idempotency_prefix: str
    time_zone: str
    history_limit: int
    retry: Retry | None
    listening: bool
    now: datetime | None

    @classmethod
    def of(cls, run: Run, agent: str, message: Message) -> Errand:
        """Gather what travels.

        Args:
            run: The agent's own frame, as its ``execute`` is given it.
        """
        job = run.job
        left = None if job.deadline is None else max(0.0, job.deadline - job.clock.monotonic())
        return cls(
            agent=agent,
            message=message,
            run_id=job.run_id,
            span=run.path,
            depth=run.depth,
            shares_history=run.shares,
            principal=job.principal,
            limits=job.account.limits,
            whose=job.account.whose,
            seconds_left=left,
            seconds_elapsed=job.trace.elapsed_s(),
            session_id=job.session.id,
            state=job.session.state,
            history=_travelling(run),
            question=job.question,
            idempotency_prefix=job.idempotency_prefix,
            time_zone=job.time_zone,
            history_limit=job.history_limit,
            retry=job.retry,
            listening=job.trace.streaming,
            now=job.clock.now() if isinstance(job.clock, FixedClock) else None,
        )

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data, all but the principal, who travels signed."""
        same = self.question is self.message
        question = None if self.question is None or same else self.question.to_json()
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            "message": self.message.to_json(),
            "limits": asdict(self.limits),
            "state": dict(self.state),
            "history": [message.to_json() for message in self.history],
            "question": question,
            "question_is_message": same,
            "retry": None if self.retry is None else asdict(self.retry),
            "now": None if self.now is None else self.now.isoformat(),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any], principal: Principal) -> Errand:
        """Read what ``to_json`` wrote, for a principal whose signature was checked."""
        message = Message.from_json(raw["message"])
        question = None if raw["question"] is None else Message.from_json(raw["question"])
        return cls(
            **{name: raw[name] for name in _PLAIN},
            message=message,
            principal=principal,
            limits=_limits(raw["limits"]),
            state=raw["state"],
            history=tuple([Message.from_json(each) for each in raw["history"]]),
            question=message if raw["question_is_message"] else question,
            retry=None if raw["retry"] is None else Retry(**raw["retry"]),
            now=None if raw["now"] is None else datetime.fromisoformat(raw["now"]),
        )

    def session(self) -> Session:
        """Make the conversation as the agent's side sees it."""
        return Session(self.session_id, self.principal.id, list(self.history), dict(self.state))

    def clock(self, here: Clock) -> Clock:
        """Give the run's clock: one that stands, or that of the agent's side."""
        return here if self.now is None else FixedClock(self.now)


def _travelling(run: Run) -> tuple[Message, ...]:
    """Pick what hooks there must know, the user's words, and what the agent itself may read."""
    history = run.job.session.history
    recent = len(history) - run.job.history_limit if run.shares else len(history)
    return tuple([m for n, m in enumerate(history) if n >= recent or m.role == "user"])


def _limits(raw: Mapping[str, Any]) -> Budget:
    assumed = raw["assumed_price"]
    made: dict[str, Any] = {**raw, "assumed_price": None if assumed is None else _price(assumed)}
    return Budget(**made)


def _price(raw: Mapping[str, Any]) -> Price:
    made: dict[str, Any] = {**raw, "above": tuple([(n, _price(tier)) for n, tier in raw["above"]])}
    return Price(**made)


_PLAIN = (
    *("agent", "run_id", "span", "depth", "shares_history", "whose", "seconds_left"),
    *("seconds_elapsed", "session_id", "idempotency_prefix", "time_zone", "history_limit"),
    "listening",
)
