"""Named steps in a fixed order, each an agent with its own model and retry; code between them.

**Decides:** the workflow, when it was written.
**Model calls:** the sum over its steps; the five standard ones make 1 to 3.
**Fails when:** a request does not fit the order, or one step fails for good.
**Source:** patterns B and C of the eight orchestration patterns (M. Gu, 2025).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batuta.core.message import Message, question_of
from batuta.core.retry import NO_RETRY, Retry
from batuta.core.slots import new_dict
from batuta.errors import ConfigError
from batuta.parts.instructions import talk

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.run import Run
    from batuta.core.trace import Decider

KEPT = "kept"
EXIT = "exit"


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """Runs steps one after the other.

    A step reads ``message.text`` (the last step's answer, at first the request) and
    ``message.data``: all that earlier steps gave, with ``request``, ``conversation`` and ``kept``.
    What it gives as data is merged. ``exit`` in its data ends the workflow with its text as the
    answer; ``kept`` is there again in the conversation's next turn.

    Args:
        steps: Agents, or names of registered ones, in their order.
        retry: Step name to how it is tried again, and how long each try may take; steps without
            one are tried once.
    """

    steps: Sequence[Agent | str]
    name: str = "workflow"
    role: str = "runs fixed steps in order"
    retry: Mapping[str, Retry] = field(default_factory=new_dict)
    decides: Decider = "workflow"

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("A workflow needs one step at least.")
        names = [step if isinstance(step, str) else step.name for step in self.steps]
        if unknown := [name for name in self.retry if name not in names]:
            raise ConfigError(
                f"Workflow {self.name} has no step {', '.join(unknown)}, which retry names",
                f"Its steps: {', '.join(names)}.",
            )

    async def execute(self, message: Message, run: Run) -> Message:
        """Run the steps, stopping at the first that asks to."""
        state = run.state()
        data: dict[str, Any] = {
            "request": message.text,
            "conversation": [{"role": m.role, "text": m.text} for m in talk(run.history())],
            KEPT: state.get(self.name, {}),
        }
        answer = Message(message.role, message.text, data)
        for step in self.steps:
            name = step if isinstance(step, str) else step.name
            answer = await run.call(
                step, question_of(message, answer.text, data), retry=self.retry.get(name, NO_RETRY)
            )
            data = {**data, **(answer.data or {})}
            if EXIT in data:
                run.decide(f"exit at {name}", str(data[EXIT]))
                break
        state[self.name] = data[KEPT]
        return Message.assistant(answer.text, answer.data)
