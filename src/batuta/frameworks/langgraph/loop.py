"""The door to LangGraph, which knows nothing of it until somebody comes through."""

from __future__ import annotations

from batuta.frameworks.driven_loop import DrivenLoop


class LangGraphLoop(DrivenLoop):
    """An ``AgentLoop`` whose crank is LangChain's ``create_agent`` on LangGraph.

    Every model call, tool and agent goes through the run. The library's own limit of steps is out
    of the way, its tracing to LangSmith is off whatever the environment says, and its reading of a
    call's arguments counts for nothing: a call is done as the model made it.
    """

    drive_by = "batuta.frameworks.langgraph.drive"
    what = "LangGraph"
    extra = "langgraph"
    library = ("langchain", "langchain_core", "langgraph", "langsmith")
