"""The four things that an agent can do through its Run, and how layers wrap them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from batuta.core.model import ignore

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.message import Message
    from batuta.core.model import Emit, Model, ModelReply, ModelRequest, Usage
    from batuta.core.price import Cost
    from batuta.core.run import Run
    from batuta.core.tool import Tool
    from batuta.core.trace import Decider


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how patiently a call is tried again after a retryable error.

    Args:
        attempts: Tries in all; 1 means none again.
        wait_s: Pause before the second try; doubles with each further one.
        most_s: The longest pause; where a provider asks for a longer one, no more is tried.
        jitter: Part of the pause by which it may be longer, so that runs which failed together do
            not come back together. Drawn from the run and its step: the same run waits the same.
    """

    attempts: int = 3
    wait_s: float = 0.25
    most_s: float = 20.0
    jitter: float = 0.5

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError("Retry attempts must be 1 or more: the first try counts.")
        if self.jitter < 0:
            raise ValueError("Retry jitter must be 0 or more: a pause only grows by it.")


NO_RETRY = Retry(attempts=1)


@dataclass(slots=True)
class Op:
    """One thing about to be done.

    Args:
        run: The frame that it is done in.
        span: Its step path.
        by: Who decided it.
    """

    run: Run
    name: str
    span: str
    by: Decider


@dataclass(slots=True)
class Ask(Op):
    """Ask a model.

    Args:
        cost: Of all tries, known afterwards; None where nothing was spent.
        usage: Of all tries, as far as they were settled.
    """

    model: Model
    request: ModelRequest
    retry: Retry | None = None
    emit: Emit = ignore
    cost: Cost | None = None
    usage: Usage | None = None


@dataclass(slots=True)
class Use(Op):
    """Use a tool. ``arguments`` are raw until policy has validated them."""

    tool: Tool
    arguments: Mapping[str, Any]
    retry: Retry | None = None


@dataclass(slots=True)
class Call(Op):
    """Call an agent, by object or by the name it is registered under."""

    agent: Agent | str
    message: Message
    retry: Retry | None = None
    timeout_s: float | None = None
    shares_history: bool = False


@dataclass(slots=True)
class Step(Op):
    """Do a recorded step of plain code; ``work`` gives a JSON-able value."""

    work: Callable[[], Awaitable[Any]]
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])


OpT = TypeVar("OpT", bound=Op)
T = TypeVar("T")
Doing = Coroutine[Any, Any, T]
Proceed = Callable[[OpT], Doing[Any]]
"""What a layer calls to go on: the next layer, or the thing itself."""


class Handlers(NamedTuple):
    """How each kind of thing is done, with everything around it."""

    ask: Callable[[Ask], Coroutine[Any, Any, ModelReply]]
    use: Callable[[Use], Coroutine[Any, Any, Any]]
    call: Callable[[Call], Coroutine[Any, Any, Message]]
    step: Callable[[Step], Coroutine[Any, Any, Any]]


def wrap(layers: Sequence[object], innermost: Handlers) -> Handlers:
    """Put layers around the real calls, the first outermost.

    A layer is any object with one or more of the methods ``ask``, ``use``, ``call``, ``step``, each
    taking the op and what to go on with: ``async def use(self, op, proceed)``. A kind that a layer
    does not name passes it by at no cost.
    """
    made: list[Any] = []
    for kind, real in zip(Handlers._fields, innermost, strict=True):
        outermost: Any = real
        for layer in reversed(layers):
            method = getattr(layer, kind, None)
            if method is not None:
                outermost = partial(method, proceed=outermost)
        made.append(outermost)
    return Handlers(*made)
