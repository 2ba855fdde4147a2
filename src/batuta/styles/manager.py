"""Styles F and G: a manager of specialists, in one process or each in its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batuta.styles.frameworks import USUAL, framework, framework_option
from batuta.styles.style import Options, Runs, Style

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.agent import Agent


def _needs(app: App) -> str:
    return "" if app.specialists else "the App has no specialists"


def _members(app: App) -> tuple[str, ...]:
    return tuple(specialist.name for specialist in app.specialists)


def _build(app: App, options: Options) -> tuple[Agent, ...]:
    from batuta.control.manager import Manager
    from batuta.control.single_agent import SingleAgent
    from batuta.parts.handling import handled
    from batuta.parts.loop import Delegate

    given: dict[str, Any] = {"output_type": app.output_type, **options}
    handoff = bool(given.pop("handoff", False))
    loop = framework(given.pop("framework", USUAL)).loop()
    specialists = [
        handled(
            SingleAgent(
                loop=loop,
                name=s.name,
                role=s.description,
                instructions=app.localised(s.instructions),
                tools=app.pick_tools(s.tools),
                model=app.model_of(s.name, s.handling),
                max_turns=s.max_turns,
            ),
            s.handling,
        )
        for s in app.specialists
    ]
    delegates = [
        Delegate(
            agent=s.name,
            description=s.description,
            handoff=handoff,
            retry=s.handling.retry,
        )
        for s in app.specialists
    ]
    manager = Manager(
        loop=loop,
        delegates=delegates,
        instructions=app.localised(app.instructions),
        model=app.model_of(MANAGER.model),
        **given,
    )
    return (*specialists, manager)


def _style(key: str, name: str, *, runs: Runs, when: str, extras: tuple[str, ...]) -> Style:
    return Style(
        key=key,
        name=name,
        decides="the manager",
        runs=runs,
        when=when,
        page="control/manager.md",
        extras=extras,
        model="f",
        tools=True,
        needs=_needs,
        reads=("instructions", "specialists"),
        members=_members,
        build=_build,
        supply=framework_option,
    )


MANAGER = _style(
    "f",
    "Manager",
    runs="shared",
    when="requests that need different specialists",
    extras=("agents",),
)
MANAGER_SERVICES = _style(
    "g",
    "Manager, services",
    runs="independent",
    when="F, with specialists apart: other vendors, teams, risks",
    extras=("agents", "grpc"),
)
