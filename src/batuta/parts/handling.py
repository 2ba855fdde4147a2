"""What is done around one agent: before its message, after its answer, and when it fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import TYPE_CHECKING

from batuta.core.message import Message
from batuta.core.model_settings import UNSET, ModelSettings
from batuta.parts.wrapped import Wrapped

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.retry import Retry
    from batuta.core.run import Run

Processing = Callable[[Message], "Message | str | Awaitable[Message | str]"]
"""Makes another message of one, or its text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Handling:
    """How a specialist or a step is handled; the same in one process and in a service of its own.

    Args:
        before: Makes of each message what the agent reads, such as one without card numbers.
        after: Makes of each answer what its caller reads. It sees the whole answer, so nothing of
            the run is streamed in pieces.
        retry: How a call that failed is tried again, and how long each try may take; None as it is
            usual there: twice for a step, once for a specialist.
        settings: Of its models; what the App or the settings here say of the same name is nearer.
    """

    before: Processing | None = None
    after: Processing | None = None
    retry: Retry | None = None
    settings: ModelSettings = UNSET


AS_IT_IS = Handling()


@dataclass(frozen=True, kw_only=True)
class Processed(Wrapped):
    """An agent whose messages and answers are processed by plain code."""

    handling: Handling = field(default=AS_IT_IS)

    async def execute(self, message: Message, run: Run) -> Message:
        """Process the message, let the agent answer, and process the answer."""
        if self.handling.after is not None:
            run.job.trace.hold_text()
        asked = await _processed(self.handling.before, message)
        return await _processed(self.handling.after, await self.agent.execute(asked, run))


def handled(agent: Agent, handling: Handling) -> Agent:
    """Put an agent's processing around it, where it has any."""
    if handling.before is None and handling.after is None:
        return agent
    return Processed(agent=agent, handling=handling)


async def _processed(processing: Processing | None, message: Message) -> Message:
    if processing is None:
        return message
    made = processing(message)
    given = await made if isawaitable(made) else made
    return given if isinstance(given, Message) else message.revised(text=given)
