"""What an App puts around its agents, whatever the style."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.agent import Agent


def surrounded(app: App, agents: tuple[Agent, ...]) -> tuple[Agent, ...]:
    """Put an App's checks and its summary around a style's agents; the last takes the messages."""
    if app.summary is not None:
        from batuta.parts.summary import Summarised

        agents = (*agents[:-1], Summarised(agent=agents[-1], summarise=app.summary))
    if not app.checks:
        return agents
    return tuple(_guarded(app, each, last=each is agents[-1]) for each in agents)


def _guarded(app: App, agent: Agent, *, last: bool) -> Agent:
    checks = [c for c in app.checks if (agent.name in c.agents if c.agents else last)]
    if not checks:
        return agent
    from batuta.parts.guarded import Guarded

    return Guarded(agent=agent, checks=checks)
