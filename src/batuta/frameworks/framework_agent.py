"""An agent that was made with another framework, as an Agent here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from batuta.errors import ConfigError
from batuta.frameworks.foreign import TURN, ForeignTurn
from batuta.frameworks.terms import ForeignTerms

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.model import Model
    from batuta.core.run import Run
    from batuta.core.trace import Decider

_MEMBERS: Mapping[str, str] = {
    "agents": "batuta.frameworks.openai_agents.member",
    "agent_framework": "batuta.frameworks.agent_framework.member",
    "google": "batuta.frameworks.adk.member",
    "langgraph": "batuta.frameworks.langgraph.member",
    "pydantic_ai": "batuta.frameworks.pydantic_ai.member",
    "strands": "batuta.frameworks.strands.member",
}
"""What runs an agent here, by the top module of its class or of one that it extends."""


@dataclass(frozen=True, kw_only=True)
class FrameworkAgent:
    """An agent of Pydantic AI's, LangGraph's or another framework's, on our Run.

    Its instructions, its tools and its loop stay its own. Its model calls are asked on the run,
    of the run's model and not of the one that it was made with (a LangGraph graph's are where it
    was made with ``RunChatModel``), and its tool calls are uses of tools here: budget, policy,
    retry, trace and record hold. One agent serves many runs at once; the one handed over is left
    as it is.

    Args:
        agent: The other framework's agent or compiled graph.
        name: Empty takes the agent's own.
        model: None takes the run's default.
        reads: Names of those of its tools that only read. Any other counts as one that writes: the
            principal must be allowed to, and a failure leaves its effect unknown.
        context: Makes what the framework hands its tools, from the run: who asks is
            ``run.job.principal``. None hands them nothing.
        approver: Name of the person who is asked where the framework holds a call back for a yes;
            the run waits for them. Empty refuses such a call.
        max_turns: Most times that a model is asked for one message.
    """

    agent: Any
    name: str = ""
    role: str = "an agent of another framework"
    model: str | Model | None = None
    reads: Collection[str] = ()
    context: Callable[[Run], Any] | None = None
    approver: str = ""
    max_turns: int = 20
    decides: Decider = "agent"
    _terms: ForeignTerms = field(init=False, repr=False, compare=False)
    _room: ModuleType = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        room = _room_of(self.agent)
        if isinstance(self.reads, str):
            raise ConfigError(
                f"reads is the text {self.reads!r}", 'Give the names in a list, as reads=["look"].'
            )
        name = self.name or room.name_of(self.agent)
        if not name:
            raise ConfigError(
                f"A {type(self.agent).__name__} has no name of its own",
                'Give it one: FrameworkAgent(agent=…, name="…").',
            )
        room.check(self.agent)
        terms = ForeignTerms(
            name=name,
            model=self.model,
            max_turns=self.max_turns,
            approver=self.approver,
            reads=frozenset(self.reads),
        )
        for at, value in {"name": name, "_terms": terms, "_room": room}.items():
            object.__setattr__(self, at, value)

    async def execute(self, message: Message, run: Run) -> Message:
        """Let the framework answer, within the conversation.

        Raises:
            BatutaError: As the run's own ask and use raise them.
        """
        context = None if self.context is None else self.context(run)
        turn = ForeignTurn(self._terms, [*run.history(), message], run, context=context)
        output: Any = None
        mark = TURN.set(turn)
        try:
            output = await self._room.answer(self.agent, turn)
        except Exception:  # the boundary: frameworks put errors of their own around ours
            if turn.failure is None and turn.stopped is None:
                raise
        finally:
            TURN.reset(mark)
            await turn.settle()
        if turn.failure is not None:
            raise turn.failure
        run.remember(*turn.said())
        return turn.answer(output)


def _room_of(agent: Any) -> ModuleType:
    for kind in type(agent).__mro__:
        module = _MEMBERS.get(kind.__module__.partition(".")[0])
        if module is not None:
            return import_module(module)
    raise ConfigError(
        f"A {type(agent).__name__} is no agent of a framework that is known here",
        f"Frameworks: {', '.join(sorted(_MEMBERS))}. An async function becomes an agent by "
        "FunctionAgent.",
    )
