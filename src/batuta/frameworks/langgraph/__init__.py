"""Lets LangGraph hold the loop, on our Run; it is imported at first use."""

from batuta.frameworks.langgraph.loop import LangGraphLoop

__all__ = ["LangGraphLoop"]
