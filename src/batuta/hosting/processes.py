"""A style's agents, each in a process of its own, for as long as somebody needs them."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from batuta.core.ids import new_secret
from batuta.core.redaction import Secret
from batuta.hosting.service import Plan, Say, Service
from batuta.hosting.serving import check_listening
from batuta.hosting.supervisor import supervised, unheard
from batuta.settings import environment_of
from batuta.styles import Running, access_for, placed_names

if TYPE_CHECKING:
    from batuta.remote.grpc import Access
    from batuta.settings import Settings
    from batuta.styles import AppStyle


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceSpec:
    """Whose agents shall run, and where they listen.

    Args:
        app_name: What the processes open the App by.
        style: Of that App, with the settings that the processes have.
        port: Of the first one, the next following; 0 for any.
        plain: Listen for other machines too without TLS.
        fresh: Folder on which each makes the App anew; None takes it as its module has it.
    """

    app_name: str
    style: AppStyle
    host: str = "127.0.0.1"
    port: int = 0
    plain: bool = False
    fresh: Path | None = None

    @property
    def agents(self) -> tuple[str, ...]:
        """Which agents get a process."""
        return placed_names(self.style.names())


@dataclass(frozen=True, slots=True)
class Placed:
    """A style's services while they run."""

    spec: ServiceSpec
    settings: Settings
    services: Sequence[Service]

    @property
    def agents(self) -> Mapping[str, str]:
        """Names to addresses."""
        return {service.name: service.address for service in self.services}

    def running(self, process: int) -> Running:
        """Describe them for others.

        Args:
            process: Id of this process.
        """
        style = self.spec.style
        return Running(style.app.name, style.key, self.agents, self.settings.secret, process)


@asynccontextmanager
async def placed(spec: ServiceSpec, *, say: Say = unheard) -> AsyncGenerator[Placed]:
    """Run a style's agents, each in a process of its own, while the block lasts.

    The processes have these settings, and ``batuta.toml`` and the vendors' variables as this one.
    Where no secret is set, one is made for them.

    Args:
        say: Told what they write, and what becomes of them.

    Raises:
        ConfigError: The style cannot run here, gRPC is not installed, or other machines could
            listen in.
        AgentFailed: One of them did not start, or does not answer.
    """
    settings = spec.style.settings
    check_listening(spec.host, settings, plain=spec.plain)
    if not settings.secret:
        settings = replace(settings, secret=Secret(new_secret()))
    access = access_for(settings)
    environment = environment_of(settings)
    plans = [
        Plan(
            name=name,
            command=partial(_command, spec, name),
            environment=environment,
            port=spec.port and spec.port + at,
        )
        for at, name in enumerate(spec.agents)
    ]
    async with supervised(plans, say=say) as services:
        await _check(services, access)
        where = {service.name: (service.address,) for service in services}
        known = replace(settings, placement={**settings.placement, spec.style.key: where})
        yield Placed(spec, known, services)


async def _check(services: Sequence[Service], access: Access) -> None:
    """Ask each service whether it answers for its agent, over the line that callers will use.

    Raises:
        AgentFailed: One does not.
    """
    from batuta.hosting.health import healthy  # it is a command of its own too

    for service in services:
        if not await healthy(service.address, access, agent=service.name):
            raise service.failed(f"is up but does not answer on {service.address}")


def _command(spec: ServiceSpec, agent: str, port: int) -> list[str]:
    target = f"{spec.app_name}:{agent}"
    words = ["--style", spec.style.key, "--host", spec.host, "--port", str(port), "--attached"]
    words += ["--no-tls"] if spec.plain else []
    words += [] if spec.fresh is None else ["--fresh", str(spec.fresh)]
    return [sys.executable, "-m", "batuta", "host", target, *words]
