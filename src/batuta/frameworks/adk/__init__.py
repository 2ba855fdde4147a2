"""Lets Google ADK hold the loop, on our Run; it is imported at first use."""

from batuta.frameworks.adk.loop import AdkLoop

__all__ = ["AdkLoop"]
