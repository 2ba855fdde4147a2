"""What a managed agent's provider is told of a conversation that it keeps itself.

It travels as metadata of the system message, which no model reads: ``attributes`` reach the code
that does the agent's actions and never its model; ``prompt_attributes`` reach both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from batuta.core.message import Message
from batuta.parts.instructions import present

if TYPE_CHECKING:
    from batuta.core.run import Run

SESSION, ATTRIBUTES, PROMPT_ATTRIBUTES = "session_id", "attributes", "prompt_attributes"


def opening(run: Run, attributes: Mapping[str, str]) -> Message:
    """Make the system message of a managed agent: which conversation, who asks, what the time is.

    Its instructions stand in the agent itself. A run of no conversation is one of its own.
    """
    facts: dict[str, Any] = {
        SESSION: run.job.session.id or run.job.run_id,
        ATTRIBUTES: dict(attributes),
        PROMPT_ATTRIBUTES: {"now": present(run)},
    }
    return Message.system(f"Now: {present(run)}").with_metadata(**facts)
