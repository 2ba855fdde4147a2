"""Which agents a process hosts: ``tennis:parse,confirm`` or ``my_module:app:agent``."""

from __future__ import annotations

from dataclasses import dataclass

from batuta.errors import ConfigError


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
