"""The members of a composition: how they are called, and what became of each."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from batuta.core.agent import asks_ready, is_ready, must_start, started, stopped
from batuta.core.model import Usage
from batuta.core.price import FREE, Cost
from batuta.core.slots import direct_init, maker_of
from batuta.core.together import until
from batuta.errors import (
    BatutaError,
    BudgetExceeded,
    EmptyAnswer,
    MembersFailed,
    ReplayMismatch,
    RuntimeFailure,
)
from batuta.errors.public import public_words

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.core.trace import Event

Status = Literal["done", "failed", "cancelled", "skipped"]
RECORD = "composition"
"""The key of a composition's record in its answer's metadata."""
NO_USAGE = Usage()
_MOST_TOLD = 2000
"""Characters of an answer that a trace tells."""


@direct_init
@dataclass(frozen=True, kw_only=True, slots=True)
class MemberResult:
    """One member of a composition after its turn.

    Args:
        status: ``cancelled`` was begun and given up; ``skipped`` was never begun.
        usage: Tokens of the member and of everything below it.
        cost: Money for that.
        span: Step path of its call; empty where it was never begun.
    """

    agent: str
    status: Status = "done"
    reply: Message | None = None
    error: BatutaError | None = None
    usage: Usage = NO_USAGE
    cost: Cost = FREE
    span: str = field(default="", compare=False)

    @property
    def ok(self) -> bool:
        """Whether there is an answer."""
        return self.reply is not None

    @property
    def how(self) -> str:
        """How it went, in words."""
        if self.error is None:
            return self.status
        return f"{self.status} ({f'{public_words(self.error)} {self.error.done}'.rstrip()})"

    def answer(self) -> Message:
        """Give the answer, or raise the error.

        Raises:
            BatutaError: It has no answer.
        """
        if self.reply is None:
            raise self.error or RuntimeFailure(self.agent, self.status)
        return self.reply

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data: how it went, never the answer itself."""
        made: dict[str, Any] = {
            "agent": self.agent,
            "status": self.status,
            "usage": self.usage.to_json(),
            "cost": self.cost.to_json(),
        }
        if self.error is not None:
            made["error"] = {"code": self.error.code, "message": str(self.error)}
        inner = None if self.reply is None else self.reply.metadata.get(RECORD)
        if inner is not None:
            made[RECORD] = inner
        return made


_member = maker_of(MemberResult)


async def attempt(run: Run, agent: Agent | str, message: Message, **options: Any) -> MemberResult:
    """Call an agent and tell how it went; its error is told, not raised.

    An answer with neither text nor data is the error ``EmptyAnswer``.

    Args:
        options: As ``Run.call`` takes them.

    Raises:
        ReplayMismatch: A replay that no longer fits must never look like a failed member.
    """
    turn = _Turn(run, agent)
    try:
        reply = await turn.called(message, options)
        if not reply.data and not reply.text.strip():
            raise EmptyAnswer(turn.name)
    except ReplayMismatch:
        raise
    except BatutaError as error:
        return turn.told("failed", error=error)
    return turn.told("done", reply)


async def attempt_all(
    run: Run,
    calls: Sequence[tuple[Agent | str, Message]],
    *,
    enough: Callable[[Sequence[MemberResult]], bool] | None = None,
    limit: int | None = None,
    **options: Any,
) -> list[MemberResult]:
    """Call several agents at once and tell how each went, in the order given.

    Where all of it is cut, as by the run's time limit, the trace keeps what had been answered.

    Args:
        enough: Asked after each that ends, with those that have ended, first to last; True gives up
            the rest: what was begun is cancelled, what was not is skipped. They know no usage yet.
        limit: Most of them at the same time.
        options: As ``Run.call`` takes them, for each.

    Raises:
        ReplayMismatch: A replay that no longer fits.
    """
    if len(calls) == 1 and limit is None:
        return [await attempt(run, *calls[0], **options)]
    turns = [_Turn(run, agent) for agent, _ in calls]
    work = [turn.take(message, options) for turn, (_, message) in zip(turns, calls, strict=True)]
    so_far: Sequence[MemberResult] = ()

    def asked(ran: Sequence[MemberResult]) -> bool:
        nonlocal so_far
        so_far = ran
        return enough is not None and enough(ran)

    try:
        ended = await until(work, asked, limit=limit)
    except asyncio.CancelledError:
        _tell_cut(run, so_far, len(calls))
        raise
    return [
        turn.given_up() if ran is None else turn.told(ran.status, ran.reply, ran.error)
        for turn, ran in zip(turns, ended, strict=True)
    ]


class _Turn:
    """One call of a member, and under which span it runs."""

    __slots__ = ("agent", "name", "run", "span")

    def __init__(self, run: Run, agent: Agent | str) -> None:
        self.run, self.agent, self.span = run, agent, ""
        self.name = agent if isinstance(agent, str) else agent.name

    def called(self, message: Message, options: dict[str, Any]) -> Coroutine[Any, Any, Message]:
        """Call the agent, as the next thing that its caller does."""
        run = self.run
        self.span = f"{run.path}.{run.count + 1}" if run.path else str(run.count + 1)
        return run.call(self.agent, message, **options)

    async def take(self, message: Message, options: dict[str, Any]) -> MemberResult:
        """Call the agent and tell how it went, but for what was spent."""
        try:
            reply = await self.called(message, options)
            if not reply.data and not reply.text.strip():
                raise EmptyAnswer(self.name)
        except ReplayMismatch:
            raise
        except BatutaError as error:
            return _member(agent=self.name, status="failed", error=error)
        return _member(agent=self.name, reply=reply)

    def told(
        self, status: Status, reply: Message | None = None, error: BatutaError | None = None
    ) -> MemberResult:
        """Tell how it went, with what was spent on it so far."""
        usage, cost = sum_of(self.run.job.trace.inside(self.span))
        return _member(
            agent=self.name,
            status=status,
            reply=reply,
            error=error,
            usage=usage,
            cost=cost,
            span=self.span,
        )

    def given_up(self) -> MemberResult:
        """Tell of one that was begun and cancelled, or never begun."""
        if not self.span:
            return _member(agent=self.name, status="skipped")
        return self.told("cancelled")


def _tell_cut(run: Run, ended: Sequence[MemberResult], number: int) -> None:
    """Keep in the trace what members had answered when all was cut, as by the run's own end."""
    had = [f"{m.agent}: {m.reply.text[:_MOST_TOLD]}" for m in ended if m.reply is not None]
    if had:
        run.decide(f"cut: {len(had)} of {number} had answered", "\n".join(had))


def sum_of(events: Iterable[Event]) -> tuple[Usage, Cost]:
    """Add up the tokens and the money of events."""
    usage, cost = NO_USAGE, FREE
    for event in events:
        if event.usage is not None:
            usage = event.usage if usage is NO_USAGE else usage + event.usage
        if event.cost is not None:
            cost = event.cost if cost is FREE else cost + event.cost
    return usage, cost


def with_record(
    reply: Message, pattern: str, members: Sequence[MemberResult], *, stop: str, **facts: Any
) -> Message:
    """Put a composition's record into its answer's metadata, beside what is there already.

    What a member gave as its answer is an assistant's message here, whatever it called it. What a
    failed member had done by then is said before it, where it does not say so itself.

    Args:
        stop: Why it ended, such as ``quorum`` or ``target reached``.
        facts: JSON-able details of the pattern: votes, scores, route.
    """
    told = {"pattern": pattern, "stop": stop, "members": [m.to_json() for m in members], **facts}
    text, metadata = reply.text, {**reply.metadata, RECORD: told}
    done = [m.error.done for m in members if m.error is not None]
    if done:
        text = "\n".join([*(one for one in done if one and one not in text), text])
    return reply.revised(role="assistant", text=text, metadata=metadata)


def told_of(members: Sequence[MemberResult]) -> str:
    """Say in a line how each went."""
    return "; ".join(f"{m.agent}: {m.how}" for m in members)


def failure(run: Run, members: Sequence[MemberResult], why: str) -> BatutaError:
    """Make the error of a composition that cannot answer; the trace tells how each member went.

    A budget that is used up stays that error: it is the run's own, and no member's fault.
    """
    run.decide(f"give up: {why}", told_of(members))
    for member in members:
        if isinstance(member.error, BudgetExceeded):
            return member.error
    failed = tuple((m.agent, public_words(m.error)) for m in members if m.error is not None)
    made = MembersFailed(run.agent.name if run.agent else "composition", why, failed)
    made.__cause__ = next((m.error for m in members if m.error is not None), None)
    return made


def name_of(agent: Agent | str) -> str:
    """Give the name of an agent that is told by name or object."""
    return agent if isinstance(agent, str) else agent.name


def is_agent(what: object) -> bool:
    """Tell an agent from a function or whatever else."""
    return hasattr(what, "execute")


def check_members(members: Sequence[Agent | str], kind: str, least: int = 1) -> tuple[str, ...]:
    """Give the members' names.

    Args:
        kind: What one is called, in the singular.

    Raises:
        ValueError: There are too few, two of one name, or one without a name.
        TypeError: They are one text, which would be taken letter by letter, or one is no agent.
    """
    if isinstance(members, str):
        raise TypeError(f"Give each {kind} in a list of agents, not as the text {members!r}.")
    for member in members:
        if not isinstance(member, str) and not (is_agent(member) and hasattr(member, "name")):
            raise TypeError(
                f"A {kind} is an agent, with name and execute, or the name of one, not {member!r}."
            )
    names = tuple(name_of(member) for member in members)
    if len(names) < least:
        raise ValueError(f"It needs {least} {kind}{'s' if least > 1 else ''} at least.")
    if not all(names):
        raise ValueError(f"A {kind} has no name.")
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        told = ", ".join(twice)
        raise ValueError(f"More than one {kind} has the name {told}; names must be unique.")
    return names


class Composed:
    """Starts and stops the members that a composition holds as objects.

    Those that it knows by name belong to the runtime, which starts them before it.
    """

    def parts(self) -> Sequence[Agent | str]:
        """Give everybody that it may call."""
        raise NotImplementedError(f"{type(self).__name__} does not say whom it calls")

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of agents to start before this one."""
        return tuple(dict.fromkeys(part for part in self.parts() if isinstance(part, str)))

    @property
    def lazy_start(self) -> bool:
        """Whether it can be called unstarted: it can where all that it holds can."""
        return not any(must_start(agent) for agent in self._held())

    @property
    def always_ready(self) -> bool:
        """Whether nobody that it holds need be asked."""
        return not any(asks_ready(agent) for agent in self._held())

    async def start(self) -> None:
        """Start the members held as objects; where one fails, those before it are stopped."""
        up: list[Agent] = []
        try:
            for agent in self._held():
                await started(agent)
                up.append(agent)
        except BaseException:
            for agent in reversed(up):
                await stopped(agent)
            raise

    async def stop(self) -> None:
        """Stop the members held as objects."""
        for agent in reversed(self._held()):
            await stopped(agent)

    def ready(self) -> bool:
        """Tell whether all of them can answer."""
        return all(is_ready(agent) for agent in self._held())

    def _held(self) -> list[Agent]:
        return [part for part in self.parts() if not isinstance(part, str)]
