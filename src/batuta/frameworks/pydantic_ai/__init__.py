"""Lets Pydantic AI hold the loop, on our Run; it is imported at first use."""

from batuta.frameworks.pydantic_ai.loop import PydanticAILoop

__all__ = ["PydanticAILoop"]
