"""Other people's agent loops on our Run."""

from batuta.frameworks.framework_agent import FrameworkAgent

__all__ = ["FrameworkAgent"]
