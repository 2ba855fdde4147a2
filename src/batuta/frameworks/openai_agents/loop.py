"""The door to the SDK, which knows nothing of it until somebody comes through."""

from __future__ import annotations

from batuta.core.deferral import deferred
from batuta.frameworks.driven_loop import DrivenLoop


class OpenAIAgentsLoop(DrivenLoop):
    """An ``AgentLoop`` whose crank is the SDK's ``Runner``.

    Every model call, tool and agent goes through the run, so that budget, trace, policy and retry
    hold as anywhere; the SDK's own tracing, retries and sessions are off. Calls of one turn are
    done together where all of them read, else in the order given; a delegate counts as a write.
    """

    drive_by = "batuta.frameworks.openai_agents.drive"
    what = "The OpenAI Agents SDK"
    extra = "agents"
    library = ("agents", "openai")

    def imported(self) -> None:
        """Import the SDK, and make what its first run would make."""
        with deferred("mcp", "mcp.shared"):  # of which it takes one error: a third of its time
            from agents.tracing import get_trace_provider

        get_trace_provider()  # with an HTTP client, though the SDK's tracing is off
        super().imported()
