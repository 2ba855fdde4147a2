"""The door to Strands Agents, which knows nothing of it until somebody comes through."""

from __future__ import annotations

from batuta.frameworks.driven_loop import DrivenLoop


class StrandsLoop(DrivenLoop):
    """An ``AgentLoop`` whose crank is the event loop of Strands Agents.

    Every model call, tool and agent goes through the run. The library's retries, its window on the
    conversation and its printing are off, and its reading of a call's arguments counts for nothing:
    a call is done as the model made it.
    """

    drive_by = "batuta.frameworks.strands.drive"
    what = "Strands Agents"
    extra = "strands"
    library = ("strands",)
