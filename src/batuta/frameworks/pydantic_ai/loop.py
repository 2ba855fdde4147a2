"""The door to Pydantic AI, which knows nothing of it until somebody comes through."""

from __future__ import annotations

from batuta.frameworks.driven_loop import DrivenLoop


class PydanticAILoop(DrivenLoop):
    """An ``AgentLoop`` whose crank is Pydantic AI's ``Agent``.

    Every model call, tool and agent goes through the run. The library's own limits are out of the
    way, its tracing is off, and its reading of a call's arguments counts for nothing: a call is
    done as the model made it.
    """

    drive_by = "batuta.frameworks.pydantic_ai.drive"
    what = "Pydantic AI"
    extra = "pydantic-ai"
    library = ("pydantic_ai", "pydantic_graph")
