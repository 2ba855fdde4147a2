"""An App's styles as they are here: resolved once, when the App is opened, and handed on.

What a style is, how its agents are made and what it lacks do not change while a process is up.
Where agents live can: the services of ``batuta up`` come and go. That alone is asked each time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batuta.errors import ConfigError, extras_named, install_command, missing_extra
from batuta.styles.compositions import composed
from batuta.styles.extras import missing_extras
from batuta.styles.placement import Placement, missing_services, placement_of
from batuta.styles.remote import with_remotes
from batuta.styles.style import Options, Resources, Style
from batuta.styles.surroundings import surrounded
from batuta.styles.table import DEFAULT_STYLE, STYLES, find_style

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.agent import Agent
    from batuta.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class AppStyle:
    """A style as one App has it here.

    Args:
        app: As it is set up, its models included.
        lacks: What keeps the style from running, whatever services run; empty for nothing.
        extras: Those that it needs and that are not installed.
    """

    style: Style
    app: App
    settings: Settings
    lacks: str
    extras: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The style's key."""
        return self.style.key

    @property
    def install(self) -> str:
        """The command that installs what it needs; empty where that is here."""
        return install_command(*self.extras) if self.extras else ""

    def cannot_run(self, what: str, mend: str) -> ConfigError:
        """Make the error of what it cannot do; where extras lack, with what installs them."""
        if self.extras:
            return missing_extra(what, *self.extras, mend=mend)
        return ConfigError(what, mend)

    def missing(self) -> str:
        """Say what keeps it from running here and now; empty where nothing does."""
        return self.lacks or missing_services(self.style, self.app.name, self.settings)

    def placement(self) -> Placement | None:
        """Find where its agents live now; None where all live in this process.

        Raises:
            ConfigError: They live elsewhere, and nobody says where.
        """
        return placement_of(self.style, self.app.name, self.settings)

    def agents(
        self, options: Options | None = None, resources: Resources | None = None
    ) -> tuple[Agent, ...]:
        """Make its agents, all of them in this process; the last one takes the messages.

        Args:
            options: Those of the style's own agent, such as ``max_turns`` or ``handoff``.
            resources: What this process has for them; None where they will not work.

        Raises:
            ConfigError: It cannot run here, or takes no such options.
        """
        lacks, build = self.lacks, self.style.build
        if not lacks and options and self.style.kind == "composition":
            lacks = f"a composition takes no options, such as {next(iter(options))}"
        if lacks or build is None:
            can = resolve(self.app, self.settings).runnable()
            raise self.cannot_run(
                f"Style {self.key} cannot run App {self.app.name}: {lacks}",
                f"Styles that can: {', '.join(can) or 'none'}.",
            )
        given: dict[str, Any] = {}
        if resources is not None and self.style.supply is not None:
            given.update(self.style.supply(self.app, self.settings, resources))
        return surrounded(self.app, build(self.app, {**given, **(options or {})}))

    def names(self) -> tuple[str, ...]:
        """Name its agents, in order.

        Raises:
            ConfigError: It cannot run here.
        """
        return tuple(agent.name for agent in self.agents())

    def hosted(self, names: Sequence[str], agents: tuple[Agent, ...]) -> tuple[Agent, ...]:
        """Put remote ones in the place of others, for a process that hosts some of the agents.

        Those of the settings are remote for the one in charge alone: nobody else calls them.

        Args:
            names: Of those that the process hosts.
            agents: All of the style.

        Raises:
            ConfigError: The settings place an agent that the style has not.
        """
        if agents[-1].name not in names:
            return agents
        said = self.settings.placement.get(self.key, {})
        there = {name: at for name, at in said.items() if name not in names}
        placement = Placement(there, self.settings.secret) if there else None
        return with_remotes(agents, placement, style=self.key, settings=self.settings)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cast:
    """All styles of an App as they are here, its own compositions last.

    Args:
        styles: By key.
    """

    app: App
    settings: Settings
    styles: Mapping[str, AppStyle]

    @property
    def default(self) -> AppStyle:
        """The one that is taken where none is named."""
        return self.styles[DEFAULT_STYLE.key]

    def find(self, key: str) -> AppStyle:
        """Give a style, or one of the App's own compositions, by its key in any case.

        Raises:
            ConfigError: There is none of that key.
        """
        return self.styles.get(key.strip().lower()) or app_style(self.app, key, self.settings)

    def runnable(self) -> tuple[str, ...]:
        """List the styles that lack nothing, whatever services run; an App's compositions last."""
        return tuple(key for key, each in self.styles.items() if not each.lacks)

    def available(self) -> tuple[str, ...]:
        """List the styles under which the App can run here and now."""
        return tuple(key for key, each in self.styles.items() if not each.missing())

    def having(self, names: Sequence[str], style: str = "") -> AppStyle:
        """Find the style that has all these agents.

        An agent may belong to several styles: the first that has it is taken.

        Args:
            style: Take this one; empty finds one.

        Raises:
            ConfigError: No style has them, or the one given has not.
        """
        if style:
            return _with(self.find(style), names)
        known: dict[str, None] = {}
        for each in self.styles.values():
            there = () if each.lacks else each.names()
            if there and set(names) <= set(there):
                return each
            known |= dict.fromkeys(there)
        raise ConfigError(
            f"No style of App {self.app.name} has {' and '.join(names)}",
            f"Its agents: {', '.join(known) or 'none'}; several of one process share a style.",
        )


def _with(style: AppStyle, names: Sequence[str]) -> AppStyle:
    there = style.names()
    unknown = [name for name in names if name not in there]
    if unknown:
        raise ConfigError(
            f"Style {style.key} of App {style.app.name} has no agent {', '.join(unknown)}",
            f"Its agents: {', '.join(there)}.",
        )
    return style


def resolve(app: App, settings: Settings) -> Cast:
    """Find out what each style of an App is here; the App's compositions are made now, once.

    Args:
        app: As it is set up, its models included.
    """
    every = [*STYLES, *(composed(app, name) for name in app.compositions)]
    found = {style.key: _on(style, app, settings) for style in every}
    return Cast(app=app, settings=settings, styles=found)


def app_style(app: App, key: str, settings: Settings) -> AppStyle:
    """Find out what one style of an App is here, by its key in any case.

    Raises:
        ConfigError: There is none of that key.
    """
    name = key.strip().lower()
    if name in app.compositions:
        return _on(composed(app, name), app, settings)
    try:
        return _on(find_style(key), app, settings)
    except ConfigError as error:
        own = ", ".join(app.compositions)
        mend = f"{error.mend} The App's own: {own}." if own else error.mend
        raise ConfigError(error.what, mend) from error


def _on(style: Style, app: App, settings: Settings) -> AppStyle:
    extras = missing_extras(style, settings.framework)
    if extras:
        lacks = f"it needs {extras_named(extras)}"
    else:
        lacks = "" if style.needs is None else style.needs(app)
    return AppStyle(style=style, app=app, settings=settings, lacks=lacks, extras=extras)
