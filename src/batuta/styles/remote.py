"""Puts what lives elsewhere in the place of a style's agents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from batuta.core.agent import decider
from batuta.errors import missing_extra
from batuta.styles.functions import function_of, lambda_access

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.remote.aws_lambda import LambdaAccess
    from batuta.remote.grpc import Access
    from batuta.settings import Settings
    from batuta.styles.placement import Placement


def with_remotes(
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
