"""The door to Microsoft Agent Framework, which knows nothing of it until somebody comes through."""

from __future__ import annotations

from batuta.frameworks.driven_loop import DrivenLoop


class AgentFrameworkLoop(DrivenLoop):
    """An ``AgentLoop`` whose crank is the Microsoft Agent Framework's function-calling layer.

    Every model call, tool and agent goes through the run. The library's own limits of rounds and
    errors are out of the way, its agent's telemetry is left out, and its reading of a call's
    arguments counts for nothing: a call is done as the model made it.
    """

    drive_by = "batuta.frameworks.agent_framework.drive"
    what = "Microsoft Agent Framework"
    extra = "agent-framework"
    library = ("agent_framework",)
