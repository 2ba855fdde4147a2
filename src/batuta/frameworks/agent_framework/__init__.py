"""Lets Microsoft Agent Framework hold the loop, on our Run; it is imported at first use."""

from batuta.frameworks.agent_framework.loop import AgentFrameworkLoop

__all__ = ["AgentFrameworkLoop"]
