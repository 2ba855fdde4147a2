"""The narrow waist: the agent, the one handle that it works through, and what it can do by that.

They name each other, so they stand together.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, TypeVar, runtime_checkable

from batuta.core.configured_model import ConfiguredModel, configured, listen
from batuta.core.continuation import continued
from batuta.core.message import Message
from batuta.core.model import ModelRequest, ignore, new_request
from batuta.core.principal import WRITE
from batuta.core.session import no_messages, recent
from batuta.core.slots import maker_of, new_dict
from batuta.core.structured import ask_as
from batuta.core.together import OnError, together

if TYPE_CHECKING:
    import asyncio

    from pydantic import BaseModel

    from batuta.core.budget import Account, Hold
    from batuta.core.clock import Clock
    from batuta.core.effect import EffectLog
    from batuta.core.model import Emit, Model, ModelReply, OutputSchema, Usage
    from batuta.core.model_settings import ModelSettings
    from batuta.core.people import People
    from batuta.core.price import Cost, Prices
    from batuta.core.principal import Principal
    from batuta.core.retry import Retry
    from batuta.core.session import Session
    from batuta.core.time_limit import TimeLimit
    from batuta.core.tool import Hook, Threads, Tool
    from batuta.core.trace import Decider, Kind, Trace

T = TypeVar("T")
Doing = Coroutine[Any, Any, T]
Shape = TypeVar("Shape", bound="BaseModel")


@runtime_checkable
class Agent(Protocol):
    """Has a name and a role, and turns a message into a message through a Run.

    Optional, read by ``core.agent``: ``async start()``, which comes before the first call (unless
    ``lazy_start``) and with ``runs_on`` is a task until the stop; ``async stop()``; ``ready()``,
    asked before each call; ``needs`` (whom to start before); ``decides`` (code, where silent).
    """

    @property
    def name(self) -> str:
        """The name that others call it by."""
        ...

    @property
    def role(self) -> str:
        """What it is for, in a sentence that a model or a person may read."""
        ...

    async def execute(self, message: Message, run: Run) -> Message:
        """Answer the message, touching nothing but the run."""
        ...


def decider(agent: Agent) -> Decider:
    """Tell who decides inside an agent."""
    return getattr(agent, "decides", "code")


@dataclass(slots=True)
class Op:
    """One thing about to be done.

    Args:
        run: The frame that it is done in.
        span: Its step path.
        by: Who decided it.
        kind: What its events are called.
    """

    kind: ClassVar[Kind]

    run: Run
    name: str
    span: str
    by: Decider


@dataclass(slots=True)
class AskOp(Op):
    """Ask a model.

    Args:
        cost, usage: Of all tries, as far as they were settled; None where nothing was spent.
        hold: Of the budget, for the try that is on; so many of its models are ``settled``.
        most: Output tokens that were asked for, 0 for no limit; None before the first try.
    """

    kind: ClassVar[Kind] = "model"

    model: Model
    request: ModelRequest
    retry: Retry | None = None
    emit: Emit = ignore
    cost: Cost | None = None
    usage: Usage | None = None
    hold: Hold | None = None
    settled: int = 0
    most: int | None = None


@dataclass(slots=True)
class UseOp(Op):
    """Use a tool. ``arguments`` are raw until policy has validated them.

    Args:
        write: The work of a tool that writes, which goes on to its end where this use is cut.
    """

    kind: ClassVar[Kind] = "tool"

    tool: Tool
    arguments: Mapping[str, Any]
    retry: Retry | None = None
    write: asyncio.Future[Any] | None = None


@dataclass(slots=True)
class CallOp(Op):
    """Call an agent, by object or by the name it is registered under."""

    kind: ClassVar[Kind] = "agent"

    agent: Agent | str
    message: Message
    retry: Retry | None = None
    timeout_s: float | None = None
    shares_history: bool = False


@dataclass(slots=True)
class StepOp(Op):
    """Do a recorded step of plain code; ``work`` gives a JSON-able value."""

    kind: ClassVar[Kind] = "step"

    work: Callable[[], Awaitable[Any]]
    data: Mapping[str, Any] = field(default_factory=new_dict)


_ask, _use, _call = maker_of(AskOp), maker_of(UseOp), maker_of(CallOp)


class Handlers(NamedTuple):
    """How each kind of thing is done, with everything around it."""

    ask: Callable[[AskOp], Doing[ModelReply]]
    use: Callable[[UseOp], Doing[Any]]
    call: Callable[[CallOp], Doing[Message]]
    step: Callable[[StepOp], Doing[Any]]


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
        limit: The run's time limit, moved while the run waits for a person.
        waits: How many of its agents wait for a person now.
        left_s: Seconds left when the first of them began to wait.
        threads: Where plain tools run; None for the event loop's own.
        effects: Where each write is noted before it begins; None notes none.
        writes: Those that are on now; nobody who is cut goes on before they have ended.
        settings: Of every model, where nobody nearer to it sets the same; None sets nothing.
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
    said: list[Message] = field(default_factory=no_messages)
    people: People | None = None
    limit: TimeLimit | None = None
    waits: int = 0
    left_s: float | None = None
    threads: Threads | None = None
    effects: EffectLog | None = None
    writes: set[asyncio.Future[Any]] | None = None
    settings: ModelSettings | None = None

    def idempotency_key(self, op: UseOp) -> str:
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

    def ask(
        self,
        messages: Sequence[Message] | ModelRequest,
        *,
        tools: Sequence[Tool] = (),
        output: OutputSchema | None = None,
        model: str | Model | None = None,
        by: Decider | None = None,
    ) -> Doing[ModelReply]:
        """Ask a model.

        Args:
            messages: The conversation, or a ready request as code driven by a framework has it.
            model: A model, its name, or None for the run's default.
            by: Who decided to ask; the agent's own decider where None.

        Raises:
            ModelError: No usable reply.
            BudgetExceeded: A limit would be passed.
        """
        request = messages
        if not isinstance(request, ModelRequest):
            request = new_request(request, tuple([t.schema for t in tools]), output)
        job = self.job
        if job.settings is not None or type(model) is ConfiguredModel:
            request, model = configured(request, model, job.settings)
        chosen = job.models(model) if model is None or isinstance(model, str) else model
        by, most = by or self.decides, job.account.limits.continuations
        if most:
            return continued(partial(self._asked, chosen, by), request, most)
        return self._asked(chosen, by, request)

    def _asked(self, model: Model, by: Decider, request: ModelRequest) -> Doing[ModelReply]:
        job = self.job
        op = _ask(self, model.name, self._next(), by, model, request, job.retry)
        if job.trace.listener is not None and job.trace.streaming:
            op.emit, op.request = listen(request, job.trace, (op.span, self.path))
        return job.handlers.ask(op)

    def ask_as(
        self,
        shape: type[Shape],
        messages: Sequence[Message],
        *,
        model: str | Model | None = None,
        repairs: int = 1,
    ) -> Doing[Shape]:
        """Ask a model for a structured reply and validate it.

        Args:
            repairs: How often the model may mend a reply that does not fit.

        Raises:
            ModelReplyInvalid: It still does not fit.
            ModelRefused: It declined, in words or without.
        """
        return ask_as(partial(self.ask, model=model), shape, messages, repairs=repairs)

    def use(
        self, tool: Tool, arguments: Mapping[str, Any], *, by: Decider | None = None
    ) -> Doing[Any]:
        """Use a tool; arguments are validated, and what is bound is added.

        Raises:
            ToolRetry: The arguments do not fit, or the tool asks for others.
            ToolFailed: The tool could not do it.
            AccessDenied: The principal, or a hook, does not allow it.
            BudgetExceeded: No tool call is left.
        """
        retry = tool.retry or self.job.retry
        op = _use(self, tool.name, self._next(), by or self.decides, tool, arguments, retry)
        return self.job.handlers.use(op)

    def call(
        self,
        agent: Agent | str,
        message: Message,
        *,
        retry: Retry | None = None,
        timeout_s: float | None = None,
        shares_history: bool = False,
        by: Decider | None = None,
    ) -> Doing[Message]:
        """Call another agent.

        Args:
            shares_history: Let it see and continue this conversation, as after a handoff.

        Raises:
            RuntimeFailure: It is not there, not reachable, or failed.
        """
        name, by = agent if isinstance(agent, str) else agent.name, by or self.decides
        shares = shares_history and self.shares
        op = _call(self, name, self._next(), by, agent, message, retry, timeout_s, shares)
        return self.job.handlers.call(op)

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
        return await self.job.handlers.step(StepOp(self, name, self._next(), self.decides, work))

    def decide(self, choice: str, why: str = "", *, by: Decider | None = None) -> None:
        """Note a decision in the trace."""
        where = (self._next(), self.path, choice, by or self.decides)
        self.job.trace.add("decision", "point", where, data={"why": why} if why else None)

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
            self.job.said[self._remembered : self._remembered] = messages
            self._remembered += len(messages)

    def _next(self) -> str:
        self.count += 1
        return f"{self.path}.{self.count}" if self.path else str(self.count)
