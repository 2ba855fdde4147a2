"""What the playground's routes work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from batuta.core.addresses import is_loopback
from batuta.errors import ConfigError
from batuta.serve.playground.passes import ReportPasses
from batuta.wiring import Variations

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from batuta.serve.http.identity import Identity
    from batuta.wiring import Assistants


COPY_NAME = r"^[A-Za-z0-9_-]{1,64}$"
"""What a copy of the App's data can be named."""


class KeptService(Protocol):
    """A process of its own that somebody starts again when it ends."""

    @property
    def name(self) -> str:
        """Name of its agent."""
        ...

    @property
    def ready(self) -> bool:
        """Whether it answers, as far as is known."""
        ...

    @property
    def starts(self) -> int:
        """How often it was started."""
        ...

    def kill(self) -> None:
        """End the process at once, as a crash would."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Lab:
    """What may be set and broken at a playground: only on a server that nobody else reaches.

    Args:
        on: Whether anything may.
        services: Gives the processes that stand apart, by their style.
    """

    on: bool = False
    services: Callable[[], Mapping[str, Sequence[KeptService]]] = dict


NO_LAB = Lab()


def check_lab(host: str, identity: Identity) -> None:
    """Refuse the lab where others than the person at this machine could come.

    Raises:
        ConfigError: The host is not this machine alone, or there are keys.
    """
    if not is_loopback(host):
        raise ConfigError(
            f"The lab is not for host {host or '(all)'}, which others can reach",
            "Leave --lab out, or let the server listen on 127.0.0.1.",
        )
    if identity.proves:
        raise ConfigError(
            "The lab is not for a server that has keys for others",
            "Leave --lab out, or unset BATUTA_KEYS and BATUTA_SEED.",
        )


@dataclass(frozen=True, kw_only=True)
class Ground:
    """One open playground.

    Args:
        reports: Folder of the lab's reports; None for none.
    """

    house: Assistants
    lab: Lab = NO_LAB
    reports: Path | None = None
    passes: ReportPasses = field(init=False, default_factory=ReportPasses)
    variations: Variations = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "variations", Variations(self.house))

    def no_copies(self) -> str:
        """Say why no pane can have the App's data for itself; empty where it can."""
        if not self.lab.on:
            return "the server is not a lab, so all use its own store"
        return self.variations.no_copies


def ground_of(request: Request) -> Ground:
    """Give the playground that the request came to."""
    return request.app.state.playground
