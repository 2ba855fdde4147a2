"""A message for an agent elsewhere, with all that must travel with it of the run around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from batuta.core.budget import Budget
from batuta.core.clock import Clock, FixedClock
from batuta.core.effect import CarriedSteps, NotingLog
from batuta.core.message import Message
from batuta.core.model_settings import ModelSettings
from batuta.core.principal import Principal
from batuta.core.retry import Retry
from batuta.core.session import Session
from batuta.core.trace import traceparent
from batuta.remote.codec import read, written

if TYPE_CHECKING:
    from batuta.core.run import Run

_NO_STEPS = CarriedSteps()


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoteCall:
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
        settings: Of every model there, where nobody nearer to it sets the same.
        traceparent: W3C trace context of the agent's span.
        noted_steps: As ``CarriedSteps.noted`` has it.
        earlier_steps: As ``CarriedSteps.earlier`` has it.
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
    settings: ModelSettings | None = None
    traceparent: str = ""
    noted_steps: str = ""
    earlier_steps: str = ""

    @classmethod
    def of(cls, run: Run, agent: str, message: Message) -> RemoteCall:
        """Gather what travels.

        Args:
            run: The agent's own frame, as its ``execute`` is given it.
        """
        job = run.job
        left = None if job.deadline is None else max(0.0, job.deadline - job.clock.monotonic())
        steps = job.effects.carried(run.path) if isinstance(job.effects, NotingLog) else _NO_STEPS
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
            settings=job.settings,
            traceparent=traceparent(job.run_id, run.path, job.trace.context),
            noted_steps=steps.noted,
            earlier_steps=steps.earlier,
        )

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data, all but the principal, who travels signed."""
        same = self.question is self.message
        sent = replace(self, question=None) if same else self
        return {**written(sent, ("principal",)), "question_is_message": same}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any], principal: Principal) -> RemoteCall:
        """Read what ``to_json`` wrote, for a principal whose signature was checked.

        Raises:
            KeyError, ValueError: It is something else.
        """
        sent = read(cls, raw, principal=principal)
        return replace(sent, question=sent.message) if raw["question_is_message"] else sent

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
