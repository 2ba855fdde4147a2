"""The narrow waist: the one handle that an agent works through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from batuta.core.agent import decider
from batuta.core.message import Message
from batuta.core.model import ModelReply, ModelRequest, OutputSchema
from batuta.core.ops import Ask, Call, Step, Use
from batuta.core.principal import WRITE
from batuta.core.session import recent
from batuta.core.together import OnError, together
from batuta.errors import ModelRefused, ModelReplyInvalid

if TYPE_CHECKING:
    import asyncio

    from pydantic import BaseModel, ValidationError

    from batuta.core.agent import Agent
    from batuta.core.budget import Account
    from batuta.core.clock import Clock
    from batuta.core.model import Model
    from batuta.core.ops import Handlers, Retry
    from batuta.core.people import People
    from batuta.core.price import Prices
    from batuta.core.principal import Principal
    from batuta.core.session import Session
    from batuta.core.tool import Hook, Tool
    from batuta.core.trace import Decider, Trace

T = TypeVar("T")
Shape = TypeVar("Shape", bound="BaseModel")


@dataclass(slots=True, kw_only=True)
class Job:
    """What all frames of one run share.

    Args:
        idempotency_prefix: Opens every effect's key; the same for a retried request.
        ended: Why nothing more may be done; empty while the run is on.
        deadline: In the clock's monotonic seconds; None for no limit.
        question: What the run was begun with.
        said: Messages that the outermost agent exchanged on its way, for the session.
        people: Where an agent puts a question to a person.
        limit: The run's time limit as asyncio counts it; moved while the run waits for a person.
        waits: How many of its agents wait for a person now.
        left_s: Seconds left when the first of them began to wait.
    """

    run_id: str
    principal: Principal
    session: Session
    account: Account
    trace: Trace
    clock: Clock
    prices: Prices
    models: Callable[[str | None], Model]
    handlers: Handlers
    hooks: Sequence[Hook] = ()
    retry: Retry | None = None
    time_zone: str = "UTC"
    history_limit: int = 40
    idempotency_prefix: str = ""
    deadline: float | None = None
    ended: str = ""
    stand_in: bool = False
    question: Message | None = None
    said: list[Message] = field(default_factory=list[Message])
    people: People | None = None
    limit: asyncio.Timeout | None = None
    waits: int = 0
    left_s: float | None = None

    def idempotency_key(self, op: Use) -> str:
        """Make the key of a write, the same for every try of it; empty for a tool that reads."""
        if op.tool.effect != WRITE:
            return ""
        return op.tool.idempotency_key(f"{self.idempotency_prefix}|{op.span}", op.arguments)


class Run:
    """One agent's frame of a run: everything it does goes through here.

    Args:
        path: Step path of the agent's own span.
        depth: Agents inside agents, 1 for the outermost.
        shares: Whether the frame sees and adds to the conversation's history.
    """

    __slots__ = (
        *("_remembered", "agent", "count", "decides", "depth"),
        *("ended", "job", "permit", "path", "shares"),
    )

    def __init__(
        self, job: Job, agent: Agent | None, path: str, *, depth: int, shares: bool
    ) -> None:
        self.job = job
        self.agent = agent
        self.decides: Decider = "user" if agent is None else decider(agent)
        self.path = path
        self.depth = depth
        self.shares = shares
        self.permit: object | None = None
        self.ended = False
        self.count = 0
        self._remembered = len(job.said)

    async def ask(
        self,
        messages: Sequence[Message] | ModelRequest,
        *,
        tools: Sequence[Tool] = (),
        output: OutputSchema | None = None,
        model: str | Model | None = None,
        by: Decider | None = None,
    ) -> ModelReply:
        """Ask a model.

        Args:
            messages: The conversation, or a ready request as code driven by a framework has it.
            model: A model, its name, or None for the run's default.
            by: Who decided to ask; the agent's own decider where None.

        Raises:
            ModelError: No usable reply.
            BudgetExceeded: A limit would be passed.
        """
        if isinstance(messages, ModelRequest):
            request = messages
        else:
            request = ModelRequest(messages, tuple([t.schema for t in tools]), output)
        job = self.job
        chosen = job.models(model) if model is None or isinstance(model, str) else model
        op = Ask(self, chosen.name, self._next(), by or self.decides, chosen, request, job.retry)
        if job.trace.streaming:
            # A structured reply streams too, but its JSON is not for people to read.
            heard = request.output is None
            op.emit = partial(job.trace.text, op.span, self.path) if heard else _unheard
        return await job.handlers.ask(op)

    async def ask_as(
        self,
        shape: type[Shape],
        messages: Sequence[Message],
        *,
        model: str | Model | None = None,
        repairs: int = 1,
    ) -> Shape:
        """Ask a model for a structured reply and validate it.

        Args:
            repairs: How often the model may mend a reply that does not fit.

        Raises:
            ModelReplyInvalid: It still does not fit.
            ModelRefused: It declined, in words or without.
        """
        from pydantic import ValidationError

        schema = shape.model_json_schema()
        output = OutputSchema(shape.__name__, schema, shape.__doc__ or "")
        talk = messages
        for left in range(repairs, -1, -1):
            reply = await self.ask(talk, output=output, model=model)
            if reply.stop_reason == "refused":
                raise refusal(reply)
            try:
                return _read(shape, reply)
            except ValidationError as error:
                faults = _faults(error)
                if not left:
                    raise ModelReplyInvalid(reply.model, f"reply does not fit: {faults}") from error
                talk = _told_again(messages, faults)
        raise AssertionError("unreachable: the loop returns or raises")

    async def use(
        self, tool: Tool, arguments: Mapping[str, Any], *, by: Decider | None = None
    ) -> Any:
        """Use a tool; arguments are validated, and what is bound is added.

        Raises:
            ToolRetry: The arguments do not fit, or the tool asks for others.
            ToolFailed: The tool could not do it.
            AccessDenied: The principal, or a hook, does not allow it.
            BudgetExceeded: No tool call is left.
        """
        op = Use(self, tool.name, self._next(), by or self.decides, tool, arguments, self.job.retry)
        return await self.job.handlers.use(op)

    async def call(
        self,
        agent: Agent | str,
        message: Message,
        *,
        retry: Retry | None = None,
        timeout_s: float | None = None,
        shares_history: bool = False,
        by: Decider | None = None,
    ) -> Message:
        """Call another agent.

        Args:
            shares_history: Let it see and continue this conversation, as after a handoff.

        Raises:
            RuntimeFailure: It is not there, not reachable, or failed.
        """
        name = agent if isinstance(agent, str) else agent.name
        op = Call(
            self, name, self._next(), by or self.decides, agent, message, retry, timeout_s,
            shares_history and self.shares,
        )  # fmt: skip
        return await self.job.handlers.call(op)

    async def together(
        self,
        *work: Awaitable[T],
        on_error: OnError = "fail_fast",
        limit: int | None = None,
    ) -> list[Any]:
        """Do several things at once; results come in the order given.

        Args:
            work: Coroutines of this run: ``run.ask(…)``, ``run.use(…)``, ``run.call(…)``.
            on_error: ``fail_fast`` cancels the others at the first error and raises it; ``partial``
                gives an ``Outcome`` for each, but for a ``ReplayMismatch``, which always raises.
            limit: Most of them at the same time.
        """
        return await together(work, on_error=on_error, limit=limit)

    async def step(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do plain code as a recorded step, so that a resumed run does not do it again.

        Args:
            work: Gives a JSON-able value.
        """
        op = Step(self, name, self._next(), self.decides, work)
        return await self.job.handlers.step(op)

    def decide(self, choice: str, why: str = "", *, by: Decider | None = None) -> None:
        """Note a decision in the trace."""
        self.job.trace.add(
            "decision", "point", (self._next(), self.path, choice, by or self.decides),
            data={"why": why} if why else None,
        )  # fmt: skip

    def history(self) -> list[Message]:
        """Give the conversation so far; nothing for an agent that was called for a task."""
        return recent(self.job.session.history, self.job.history_limit) if self.shares else []

    def state(self) -> dict[str, Any]:
        """Give what the conversation keeps between turns; JSON-able values, changed in place.

        An agent that was called for a task gets an empty one that nobody keeps.
        """
        return self.job.session.state if self.shares else {}

    def remember(self, *messages: Message) -> None:
        """Keep messages between question and answer for the next turn of the conversation.

        They stand before those of an agent that this one handed the conversation to, whenever it
        tells of them.
        """
        if self.shares:
            at = self._remembered
            self.job.said[at:at] = messages
            self._remembered = at + len(messages)

    def _next(self) -> str:
        self.count += 1
        return f"{self.path}.{self.count}" if self.path else str(self.count)


def _unheard(piece: str) -> None:
    """Take streamed text that nobody is told of."""


def _read(shape: type[Shape], reply: ModelReply) -> Shape:
    """Validate a structured reply, given as data or as JSON text."""
    if reply.output is not None:
        return shape.model_validate(reply.output)
    return shape.model_validate_json(reply.text)


def refusal(reply: ModelReply) -> ModelRefused:
    """Make the error of a refusal, in the model's own words where it gave any."""
    words = reply.text.strip().rstrip(".")
    return ModelRefused(reply.model, f"refused: {words}" if words else "refused to answer")


def _told_again(messages: Sequence[Message], faults: str) -> list[Message]:
    """Put the fault into the instructions, so that the user's words stay last."""
    system = messages[0].text if messages and messages[0].role == "system" else ""
    rest = messages[1:] if system else messages
    note = f"{system}\n\nYour first reply did not fit the schema: {faults}. Mind it this time."
    return [Message.system(note.strip()), *rest]


def _faults(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'reply'}: {fault['msg']}" for fault in error.errors()
    )
