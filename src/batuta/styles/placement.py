"""Finds where the agents of a style live, by the settings or by what runs in this home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batuta.core.redaction import Secret
from batuta.errors import ConfigError
from batuta.styles.running import find_running, is_stale

if TYPE_CHECKING:
    from batuta.settings import Settings
    from batuta.styles.style import Style


@dataclass(frozen=True, slots=True)
class Placement:
    """The addresses of the agents of a style that live elsewhere.

    Args:
        addresses: Name of an agent to its addresses; those not named live in this process.
        secret: What proves to them who is asking.
    """

    addresses: Mapping[str, tuple[str, ...]]
    secret: Secret

    def check(self, style: str, names: Sequence[str]) -> None:
        """See that it names agents of the style alone.

        Raises:
            ConfigError: It names another.
        """
        unknown = [name for name in self.addresses if name not in names]
        if unknown:
            raise ConfigError(
                f"[placement.{style}] has {', '.join(unknown)}, no agent of style {style}",
                f"Its agents: {', '.join(names)}.",
            )


def placement_of(style: Style, app: str, settings: Settings) -> Placement | None:
    """Find where the agents of an App's style live; None where all live in this process.

    What ``[placement.<style>]`` says comes first, then what ``batuta up`` runs in this home.

    Args:
        app: The App's name.

    Raises:
        ConfigError: The style is one whose agents live elsewhere, and nobody says where.
    """
    said = settings.placement.get(style.key)
    if said:
        return Placement(said, settings.secret)
    running = find_running(settings.home, style.key)
    if running is not None and running.app == app:
        return Placement({name: (at,) for name, at in running.agents.items()}, running.secret)
    if not style.independent:
        return None
    missing = missing_services(style, app, settings)
    raise ConfigError(f"Style {style.key} of App {app} cannot run here", f"Now {missing}.")


def missing_services(style: Style, app: str, settings: Settings) -> str:
    """Say what a style's placement lacks; empty where it needs none or has one."""
    if not style.independent or settings.placement.get(style.key):
        return ""
    try:
        running = find_running(settings.home, style.key)
    except ConfigError as error:
        return str(error)
    if running is None:
        left = is_stale(settings.home, style.key)
        ended = " any more: batuta up ended unexpectedly" if left else ""
        return f"its services are not running{ended}; start them: batuta up {style.key}"
    if running.app != app:
        return f"the services that run here are of App {running.app}; stop them first"
    return ""


def placed_names(names: Sequence[str]) -> tuple[str, ...]:
    """Choose which agents of a style get processes of their own: all but the one in charge.

    >>> placed_names(["parse", "book", "workflow"])
    ('parse', 'book')
    >>> placed_names(["single_agent"])
    ('single_agent',)
    """
    return tuple(names[:-1] or names)
