"""Which agents a process hosts: ``tennis:parse,confirm`` or ``my_module:app:agent``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batuta.errors import ConfigError
from batuta.styles import missing_for, style_of, styled, styles_of

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.agent import Agent


@dataclass(frozen=True, slots=True)
class Target:
    """An App by name, and names of agents of it."""

    app: str
    agents: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Target:
        """Read it: what follows the last colon names agents, what comes before names the App.

        Raises:
            ConfigError: It names no App or no agent.

        >>> Target.parse("club.app:app:parse, confirm")
        Target(app='club.app:app', agents=('parse', 'confirm'))
        """
        app, _, names = text.strip().rpartition(":")
        agents = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
        if not app or not agents:
            raise ConfigError(
                f"{text!r} names no agent of an App",
                "Write it as tennis:booking, tennis:parse,confirm or my_module:app:agent.",
            )
        return cls(app, agents)

    def __str__(self) -> str:
        return f"{self.app}:{','.join(self.agents)}"


@dataclass(frozen=True, slots=True)
class Cast:
    """The agents of an App under one style.

    Args:
        agents: All of them; the last is the one in charge.
    """

    style: str
    agents: tuple[Agent, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, in order."""
        return tuple(agent.name for agent in self.agents)


def cast_of(app: App, names: Sequence[str], style: str = "") -> Cast:
    """Find the style that has all these agents, and make its agents.

    An agent may belong to several styles: the first that has it, in the catalog's order, is taken.

    Args:
        style: Take this one; empty finds one.

    Raises:
        ConfigError: No style has them, or the one given has not.
    """
    if style:
        made = Cast(style_of(style, app).key, styled(app, style, {}))
        unknown = [name for name in names if name not in made.names]
        if unknown:
            raise ConfigError(
                f"Style {made.style} of App {app.name} has no agent {', '.join(unknown)}",
                f"Its agents: {', '.join(made.names)}.",
            )
        return made
    known: dict[str, None] = {}
    for each in styles_of(app):
        if missing_for(each.key, app):
            continue
        made = Cast(each.key, styled(app, each.key, {}))
        if set(names) <= set(made.names):
            return made
        known |= dict.fromkeys(made.names)
    raise ConfigError(
        f"No style of App {app.name} has {' and '.join(names)}",
        f"Its agents: {', '.join(known) or 'none'}; several of one process share a style.",
    )
