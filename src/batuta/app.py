"""Your application, defined once, whoever decides in the end."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from batuta.core.budget import Budget
from batuta.core.configured_model import ConfiguredModel
from batuta.core.model_settings import UNSET, ModelSettings
from batuta.core.principal import WRITE
from batuta.core.scenario import Scenario
from batuta.core.slots import new_dict
from batuta.core.tool import Tool
from batuta.core.toolset import GivenTools, LiveTools, tools_of
from batuta.errors import ConfigError
from batuta.parts.handling import AS_IT_IS, Handling

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

    from batuta.assistant import Assistant
    from batuta.core.agent import Agent
    from batuta.core.model import Model
    from batuta.core.tool import Hook
    from batuta.intake.form import Intake
    from batuta.parts.checks import Check
    from batuta.parts.summary import Summarise

__all__ = ["App", "Composition", "Scenario", "Specialist"]

_COMPOSITION_ROOT = "batuta.wiring"
_LOCALE = re.compile(r"(?:[a-z]{2,3}-[A-Z]{2})?")
_COMPOSITION_NAME = re.compile(r"[a-z][a-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Specialist:
    """One of the agents that a manager delegates to.

    Args:
        description: What it is for, as the manager's model reads it.
        tools: Names of those of the App's tools that it may use; an MCP server's name stands for
            all of its tools.
        handling: What is done before and after it, and where it fails; settings of its models.
        max_turns: Most times that its model is asked for one task.
    """

    name: str
    description: str
    instructions: str
    tools: tuple[str, ...]
    handling: Handling = AS_IT_IS
    max_turns: int = 8


@dataclass(frozen=True, slots=True)
class StoreTable:
    """A part of what an App's store holds now, for people to read.

    Args:
        rows: As many values as there are columns; text, numbers, bools or None.
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


StoreView = Callable[[str | None], Awaitable[Sequence[StoreTable]]]
"""Reads an App's store: the rows of one principal, by their id, or everybody's where it is None."""
StateReader = Callable[[], Awaitable[Sequence[str]]]
"""Tells what an App's data holds, a line for each thing written."""
Composition = Sequence["Agent"] | Callable[["App"], Sequence["Agent"]]
"""Agents, the last of which takes the messages; or a function of the App that makes them."""


@dataclass(frozen=True, kw_only=True)
class App:
    """An application: what it can do and how it speaks, with no word on who decides.

    Args:
        instructions: For every model that plans or answers.
        tools: All tools, for the styles in which a model picks: those of ``tool``, plain
            functions, or an ``McpServer`` whose tools they are; no two of one name.
        intake: The form behind styles A and B; None leaves these two out.
        steps: Agents of style B's workflow, where the five standard ones of the intake don't fit.
        specialists: Agents of style F; none leaves it out.
        compositions: Name to agents, of which the last takes the messages; served like a style. A
            function is called once whenever the App is opened, with the App as it is then set up.
        models: Name of a step, specialist or style's agent to its model; ``default`` for the rest.
        model_settings: The same names, a style's or a composition's to how its models are asked.
        output_type: Shape of the answers' data under D to G and in compositions; None wants text.
        hooks: Asked before every tool call.
        checks: Of messages before they reach the agents, and of answers before they leave them.
        summary: Tells what of a conversation falls out of the window: ``RuleSummary()``,
            ``ModelSummary()`` or a function of what is ``Dropped``; None drops it untold.
        handling: Name of a step, as its agent has it, to what is done before and after it, and
            where it fails; a specialist has its own.
        time_zone: IANA name; what "tomorrow" means is reckoned in it.
        locale: Where the App is at home, as "en-GB": which number of 9.4 is the day, and whose
            public holidays are meant. "" leaves that to the model.
        fresh: Makes the App anew, on data of its own in a folder, so that styles can be compared
            from the same beginning; None where it cannot.
        state: Tells what the App's data holds, a line for each thing written, such as "dracula
            ana"; what a measurement judges by. None takes the rows of ``store_view``, each after
            the name of its table.
        close: Releases what the tools hold, such as a database; awaited once by whoever opened it.
        suggestions: Messages for people to begin with; none takes the openings of the scenarios.
        store_view: Shows what the tools' store holds now; None shows the lines of ``state`` to who
            may see everybody's.
        probe: Sees that what the tools hold works, by using it; raises a ``BatutaError`` if not.
    """

    name: str
    instructions: str
    tools: GivenTools
    title: str = ""
    intake: Intake | None = None
    steps: Sequence[Agent] = ()
    specialists: Sequence[Specialist] = ()
    compositions: Mapping[str, Composition] = field(default_factory=new_dict)
    scenarios: Sequence[Scenario] = ()
    models: Mapping[str, str | Model] = field(default_factory=new_dict)
    model_settings: Mapping[str, ModelSettings] = field(default_factory=new_dict)
    output_type: type[BaseModel] | None = None
    hooks: Sequence[Hook] = ()
    checks: Sequence[Check] = ()
    summary: Summarise | None = None
    handling: Mapping[str, Handling] = field(default_factory=new_dict)
    budget: Budget = field(default_factory=Budget)
    time_zone: str = "UTC"
    locale: str = ""
    fresh: Callable[[Path], App] | None = None
    state: StateReader | None = None
    close: Callable[[], Awaitable[None]] | None = None
    probe: Callable[[], Awaitable[None]] | None = None
    suggestions: Sequence[str] = ()
    store_view: StoreView | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "tools", tools_of(self.tools, "App", self.name))
        tools: object = self.tools
        live = isinstance(tools, LiveTools)
        names = sorted(tools.names()) if live else [tool.name for tool in self.tools]
        for specialist in self.specialists:
            unknown = [name for name in specialist.tools if name not in names]
            if unknown:
                raise ConfigError(
                    f"Specialist {specialist.name} uses {', '.join(unknown)}, no tools of the App",
                    f"Tools: {', '.join(names) or 'none'}.",
                )
        self._check_names()
        self._check_scenarios()
        if not _LOCALE.fullmatch(self.locale):
            raise ConfigError(
                f"App {self.name} cannot have the locale {self.locale!r}",
                "Use a language and a country, such as en-GB.",
            )
        for name in self.compositions:
            if not _COMPOSITION_NAME.fullmatch(name):
                raise ConfigError(
                    f"A composition cannot have the name {name!r}",
                    "Use two or more of a-z, 0-9, _ and -, a letter first.",
                )

    def _check_names(self) -> None:
        """See that what is told of agents by name tells of some that there are."""
        steps = self._step_names()
        if unknown := [name for name in self.handling if name not in steps]:
            raise ConfigError(
                f"App {self.name} has no step {', '.join(unknown)}, which handling names",
                f"Its steps: {', '.join(steps) or 'none'}. A specialist has its own handling.",
            )
        if self.compositions:
            return  # their agents are known when they are made
        known = {*steps, *(s.name for s in self.specialists)}
        for check in self.checks:
            if unknown := [name for name in check.agents if name not in known]:
                raise ConfigError(
                    f"Check {check.name} stands before {', '.join(unknown)}, no agent of the App",
                    f"Its agents: {', '.join(sorted(known)) or 'none'}; name none for the one "
                    "that takes the messages.",
                )

    def _check_scenarios(self) -> None:
        writes = [tool.name for tool in self.tools if tool.effect == WRITE]
        for scenario in self.scenarios:
            if unknown := [name for name in scenario.expects or () if name not in writes]:
                raise ConfigError(
                    f"Scenario {scenario.name} expects {', '.join(unknown)}, no tool that writes",
                    f"Tools that write: {', '.join(writes) or 'none'}.",
                )

    def _step_names(self) -> tuple[str, ...]:
        if self.steps or self.intake is None:
            return tuple(step.name for step in self.steps)
        return tuple(self.intake.step_names)

    def openings(self) -> tuple[str, ...]:
        """Give messages to begin with: those suggested, else what the scenarios open with."""
        told = [*self.suggestions] or [s for each in self.scenarios for s in each.sayings[:1]]
        return tuple(dict.fromkeys(told))

    @property
    def state_reader(self) -> StateReader | None:
        """Tells what the App's data holds: ``state``, else by ``store_view``; None for neither."""
        view = self.store_view
        if self.state is not None or view is None:
            return self.state

        async def rows() -> Sequence[str]:
            tables = await view(None)
            return [_line((each.name, *row)) for each in tables for row in each.rows]

        return rows

    @property
    def store_reader(self) -> StoreView | None:
        """Shows what the App's data holds: ``store_view``, else by ``state``; None for neither.

        Lines of ``state`` say not whose they are, so nobody sees their own alone.
        """
        state = self.state
        if self.store_view is not None or state is None:
            return self.store_view

        async def lines(principal_id: str | None) -> Sequence[StoreTable]:
            if principal_id is not None:
                return ()
            return (StoreTable("state", ("line",), [(line,) for line in await state()]),)

        return lines

    def localised(self, instructions: str) -> str:
        """Add to instructions where the App is at home, for whoever reads dates."""
        return f"{instructions}\nLocale: {self.locale}." if self.locale else instructions

    def compose(self, name: str) -> tuple[Agent, ...]:
        """Give the agents of one of the App's compositions; the last takes the messages.

        Raises:
            ConfigError: There is none of that name, or it is no list of agents.
        """
        declared = self.compositions.get(name)
        if declared is None:
            known = ", ".join(self.compositions) or "none"
            raise ConfigError(f"App {self.name} has no composition {name!r}", f"It has: {known}.")
        try:
            made = tuple(declared(self) if callable(declared) else declared)
        except ValueError as error:
            raise ConfigError(f"Composition {name} cannot be made: {error}", "Mend it.") from error
        names = [getattr(agent, "name", None) for agent in made]
        if not made or not all(names) or len(set(names)) != len(names):
            raise ConfigError(
                f"Composition {name} is no list of agents, each with a name of its own",
                "Give [agent], or the agents it knows by name and then the agent in charge.",
            )
        return made

    def model_of(self, name: str, handling: Handling = AS_IT_IS) -> str | Model | None:
        """Give the model of a step, specialist or style's agent, with the settings of that name.

        None is the run's default.

        Args:
            handling: Has settings that are farther away.

        Raises:
            ConfigError: The model does not take one of the settings.
        """
        own, settings = self.models.get(name), self.model_settings.get(name, UNSET)
        settings = settings.over(handling.settings)
        return own if settings is UNSET else ConfiguredModel(own, settings)

    def pick_tools(self, names: Sequence[str]) -> Sequence[Tool]:
        """Give the tools of these names, in that order; of a server's name, all of its tools."""
        if isinstance(self.tools, LiveTools):
            return self.tools.pick(names)
        by_name = {tool.name: tool for tool in self.tools}
        return tuple(by_name[name] for name in names)

    def assistant(self, style: str, **options: Any) -> Assistant:
        """Put the App under a control style.

        Args:
            style: Key such as ``e``, or the name of one of the App's compositions; ``batuta
                styles`` lists them.
            options: As ``batuta.wiring.assistant`` takes them: model, stores, clock, budget.

        Raises:
            ConfigError: The style is unknown, or the App lacks what it needs.
        """
        # The composition root stands above this layer and is found by name, as a plugin would be.
        return import_module(_COMPOSITION_ROOT).assistant(self, style, **options)


def _line(values: Sequence[Any]) -> str:
    return " ".join(" ".join(str(each).split()) for each in values if each is not None)
