"""Whose loop a single agent and a manager run on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batuta.errors import ConfigError

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.parts.loop import AgentLoop
    from batuta.settings import Settings
    from batuta.styles.style import Options, Resources, Style


@dataclass(frozen=True, kw_only=True, slots=True)
class Framework:
    """One framework whose loop is driven on our Run.

    Args:
        extra: Must be installed for it.
        module: Shows that it is.
        loop: Makes its loop, without importing the framework.
    """

    extra: str
    module: str
    loop: Callable[[], AgentLoop]


def _adk() -> AgentLoop:
    from batuta.frameworks.adk import AdkLoop

    return AdkLoop()


def _agent_framework() -> AgentLoop:
    from batuta.frameworks.agent_framework import AgentFrameworkLoop

    return AgentFrameworkLoop()


def _langgraph() -> AgentLoop:
    from batuta.frameworks.langgraph import LangGraphLoop

    return LangGraphLoop()


def _openai_agents() -> AgentLoop:
    from batuta.frameworks.openai_agents import OpenAIAgentsLoop

    return OpenAIAgentsLoop()


def _pydantic_ai() -> AgentLoop:
    from batuta.frameworks.pydantic_ai import PydanticAILoop

    return PydanticAILoop()


def _strands() -> AgentLoop:
    from batuta.frameworks.strands import StrandsLoop

    return StrandsLoop()


FRAMEWORKS: Mapping[str, Framework] = {
    "openai-agents": Framework(extra="agents", module="agents", loop=_openai_agents),
    "pydantic-ai": Framework(extra="pydantic-ai", module="pydantic_ai", loop=_pydantic_ai),
    "langgraph": Framework(extra="langgraph", module="langchain", loop=_langgraph),
    "strands": Framework(extra="strands", module="strands", loop=_strands),
    "adk": Framework(extra="adk", module="google.adk", loop=_adk),
    "agent-framework": Framework(
        extra="agent-framework", module="agent_framework", loop=_agent_framework
    ),
}
"""By the name that the setting ``framework`` has for it."""

USUAL = "openai-agents"


def framework(name: str) -> Framework:
    """Find a framework by its name.

    Raises:
        ConfigError: There is none of that name.
    """
    if name not in FRAMEWORKS:
        raise ConfigError(
            f"There is no framework {name!r}", f"Frameworks: {', '.join(FRAMEWORKS)}."
        )
    return FRAMEWORKS[name]


def takes_framework(style: Style) -> bool:
    """Tell whether a framework drives the agents of a style."""
    return style.supply is framework_option


def framework_option(_: App, settings: Settings, __: Resources) -> Options:
    """Give the option of styles whose agents a framework drives."""
    return {"framework": settings.framework}
