"""Puts what lives elsewhere in the place of a style's agents; says what can run here and now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from batuta.core.agent import decider
from batuta.errors import missing_extra
from batuta.placement.functions import function_of, lambda_access
from batuta.placement.places import Placement, lack_of
from batuta.styles import available_styles, missing_for, style_of

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.agent import Agent
    from batuta.remote.aws_lambda import LambdaAccess
    from batuta.remote.grpc import Access
    from batuta.settings import Settings


def apart(
    agents: tuple[Agent, ...], placement: Placement | None, *, style: str, settings: Settings
) -> tuple[Agent, ...]:
    """Put what a placement names in the place of a style's agents: the same, but elsewhere.

    Raises:
        ConfigError: It names an agent that the style has not, or an extra is missing.
    """
    if placement is None:
        return agents
    placement.check(style, [agent.name for agent in agents])
    at = placement.addresses
    functions = {name: found for name in at if (found := function_of(at[name]))}
    placed = {name: there for name, there in at.items() if name not in functions}
    if functions:
        agents = _in_functions(agents, functions, lambda_access(settings, placement.secret))
    if not placed:
        return agents
    access = access_for(replace(settings, secret=placement.secret))
    from batuta.remote.grpc import connect

    return tuple(
        connect(agent.name, *there, access=access, role=agent.role, decides=decider(agent))
        if (there := placed.get(agent.name))
        else agent
        for agent in agents
    )


def _in_functions(
    agents: tuple[Agent, ...], functions: Mapping[str, str], access: LambdaAccess
) -> tuple[Agent, ...]:
    from batuta.remote.aws_lambda import LambdaAgent

    return tuple(
        LambdaAgent(
            agent.name, functions[agent.name], access, role=agent.role, decides=decider(agent)
        )
        if agent.name in functions
        else agent
        for agent in agents
    )


def access_for(settings: Settings) -> Access:
    """Give what this process and others prove to each other who they are with.

    Raises:
        ConfigError: gRPC is not installed.
    """
    if find_spec("grpc") is None:
        raise missing_extra("Agents elsewhere need gRPC", "grpc")
    from batuta.remote.grpc import Access

    import_module("jwt")  # slow to import: not while somebody waits for a call
    return Access.of(settings)


def missing_here(style: str, app: App, settings: Settings) -> str:
    """Say what keeps an App from running under a style here and now; empty where nothing does."""
    return missing_for(style, app) or lack_of(style_of(style, app).key, app.name, settings)


def available_here(app: App, settings: Settings) -> tuple[str, ...]:
    """List the styles under which an App can run here and now."""
    return tuple(key for key in available_styles(app) if not missing_here(key, app, settings))
