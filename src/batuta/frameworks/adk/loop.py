"""The door to Google ADK, which knows nothing of it until somebody comes through."""

from __future__ import annotations

from batuta.frameworks.driven_loop import DrivenLoop


class AdkLoop(DrivenLoop):
    """An ``AgentLoop`` whose crank is the Google Agent Development Kit's ``Runner``.

    Every model call, tool and agent goes through the run. The library's own limit of model calls is
    out of the way, its session lives for one message, and its reading of a call's arguments counts
    for nothing: a call is done as the model made it.
    """

    drive_by = "batuta.frameworks.adk.drive"
    what = "Google ADK"
    extra = "adk"
    library = ("google",)
