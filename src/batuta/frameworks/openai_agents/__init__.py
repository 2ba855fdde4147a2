"""Lets the OpenAI Agents SDK hold the loop, on our Run; the SDK is imported at first use."""

from batuta.frameworks.openai_agents.loop import OpenAIAgentsLoop

__all__ = ["OpenAIAgentsLoop"]
