"""Where samples are taken: an App on data of its own for each, under one subject."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from batuta.core.clock import process_cpu_s, zone_of
from batuta.errors import ConfigError
from batuta.faults import faults
from batuta.lab.days import dated_scenario
from batuta.lab.deeds import do
from batuta.lab.results import OFFLINE, Sample, Subject
from batuta.lab.samples import Took, sample_of
from batuta.lab.scratch import scratch_folder
from batuta.lab.talks import HeldTalk, Talking
from batuta.models.named import DEFAULT_MODEL
from batuta.settings.telemetry import TelemetrySettings
from batuta.styles import app_style
from batuta.wiring import assistant, models
from batuta.wiring.clock import clock_at

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.clock import Clock
    from batuta.core.scenario import Scenario
    from batuta.faults.plan import Kill
    from batuta.lab.plan import ComparisonPlan, SampleJob
    from batuta.models.named import NamedModels
    from batuta.settings import Settings

NOW = "2031-03-05T09:00"
"""Where the clock stands if nobody says: a Wednesday."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedServices:
    """A style's services while they run.

    Args:
        settings: Know where they are.
        kill: Ends the process of one of them; None where they live in this one.
        ready: Waits until all are up, such as after one was killed.
    """

    settings: Settings
    kill: Kill | None = None
    ready: Callable[[], Awaitable[None]] | None = None


Placement = AbstractAsyncContextManager[PlacedServices]
"""A style's services while a block lasts."""


class Placing(Protocol):
    """Gives a style its services, where its agents live elsewhere."""

    def hosted(self, app: App, style: str, settings: Settings) -> Placement:
        """Host the agents in this process, each behind a port."""
        ...

    def processes(self, app: App, style: str, settings: Settings, *, name: str) -> Placement:
        """Run the agents in processes of their own, which open the App by its name."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class StandParts:
    """What stands are made of.

    Args:
        app: Of which every sample has a fresh one.
        placing: None where no agents may live elsewhere.
        reset: Empties the data in a folder that services in processes of their own work on; None
            where there is no such way, and they are hosted anew for each sample.
    """

    plan: ComparisonPlan
    app: App
    settings: Settings
    placing: Placing | None = None
    reset: Callable[[Path], Awaitable[None]] | None = None


class Stand:
    """Takes samples of one subject, one after the other; use as ``async with``."""

    def __init__(self, parts: StandParts, subject: Subject) -> None:
        self._parts, self.subject = parts, subject
        self._settings = settings_of(subject, parts.settings)
        self._models: NamedModels = models(self._settings.default_model, self._settings)
        style = app_style(parts.app, subject.style, self._settings).style
        self._elsewhere = style.independent
        self._open = AsyncExitStack()
        self._running: dict[str, PlacedServices] = {}

    async def __aenter__(self) -> Self:
        await self._models.connect()
        return self

    async def __aexit__(self, *raised: object) -> None:
        try:
            await self._open.aclose()
        finally:
            await self._models.aclose()

    async def sample(self, job: SampleJob) -> Sample:
        """Hold one conversation on an App whose data are its own, and judge it.

        Raises:
            ConfigError: The style cannot run here, or the scenario cannot be set up.
        """
        scenario = self._parts.plan.scenarios[job.place]
        now = now_of(scenario, self._parts.settings)
        async with self._fresh(now) as (app, services):
            clock = clock_at(now, app.time_zone)
            scenario = at_its_day(scenario, app, clock)
            await do(app, scenario.before, clock, what=f"Scenario {scenario.name}: before")
            began, cpu = clock.monotonic(), process_cpu_s()
            struck = faults(job.fault, seed=job.seed, kill=services.kill)
            with struck if job.fault else nullcontext() as planned:
                async with self._hosted(app, services) as there:
                    talk = await self._talk(app, there, scenario=scenario, job=job)
            took = Took(seconds=clock.monotonic() - began, cpu_seconds=process_cpu_s() - cpu)
            own = await self._own(app, scenario, talk)
            made = sample_of(job, scenario, talk, took=took, own=own)
            if planned is None:
                return made
            return replace(made, struck=tuple(each.name for each in planned.struck))

    async def _talk(
        self, app: App, settings: Settings, *, scenario: Scenario, job: SampleJob
    ) -> HeldTalk:
        clock = clock_at(settings.now, app.time_zone)
        async with assistant(
            app, self.subject.style, settings=settings, clock=clock, models=self._models
        ) as talker:
            talking = Talking(
                assistant=talker,
                scenario=scenario,
                seed=job.seed,
                fault=job.fault,
                read=app.state_reader,
            )
            return await talking.hold()

    async def _own(self, app: App, scenario: Scenario, talk: HeldTalk) -> str:
        """Ask the App's own scenario of that name whether all is well; empty where it is."""
        own = next((each for each in app.scenarios if each.name == scenario.name), None)
        if own is None or scenario.name not in self._parts.plan.own:
            return ""
        done = [e.tool for r in talk.records for e in r.effects if e.status == "done"]
        if own.expects is not None and done != list(own.expects):
            return f"done: {', '.join(done) or 'nothing'}; expected: {', '.join(own.expects)}"
        return "" if own.check is None else await own.check()

    @asynccontextmanager
    async def _fresh(self, now: str) -> AsyncGenerator[tuple[App, PlacedServices]]:
        """Give an App with empty data, and its services."""
        async with AsyncExitStack() as held:
            settings = replace(self._settings, now=now)
            reset = self._parts.reset
            if self._elsewhere and reset is not None and not self._parts.plan.in_process:
                services = await self._services(settings)
                home = services.settings.home
                await reset(home)
                app = await held.enter_async_context(fresh_app(self._parts.app, home))
            else:
                home = held.enter_context(scratch_folder())
                app = await held.enter_async_context(fresh_app(self._parts.app, home))
                services = PlacedServices(settings=replace(settings, home=home))
            yield app, services

    @asynccontextmanager
    async def _hosted(self, app: App, services: PlacedServices) -> AsyncGenerator[Settings]:
        """Host services here where they have no processes, so that faults strike them too."""
        settings = services.settings
        if not self._elsewhere or settings.placement:
            yield settings
        else:
            async with self._placing.hosted(app, self.subject.style, settings) as there:
                yield there.settings

    async def _services(self, settings: Settings) -> PlacedServices:
        """Give the services for a clock; they live as long as the stand."""
        if settings.now not in self._running:
            home = self._open.enter_context(scratch_folder())
            placed = self._placing.processes(
                self._parts.app,
                self.subject.style,
                replace(settings, home=home),
                name=self._parts.plan.app,
            )
            self._running[settings.now] = await self._open.enter_async_context(placed)
        services = self._running[settings.now]
        if services.ready is not None:
            await services.ready()
        return services

    @property
    def _placing(self) -> Placing:
        if self._parts.placing is None:
            raise ConfigError(
                f"Style {self.subject.style} needs services, and none can be placed here",
                "Leave it out, or give Placing.",
            )
        return self._parts.placing


@asynccontextmanager
async def fresh_app(app: App, folder: Path) -> AsyncGenerator[App]:
    """Give an App made anew on a folder while the block lasts; a subject's model answers for all.

    Raises:
        ConfigError: It cannot be made anew.
    """
    if app.fresh is None:
        raise ConfigError(
            f"App {app.name} cannot be made anew for each sample",
            "Give App(fresh=…): a function of a folder that makes it on data there.",
        )
    made = replace(app.fresh(folder), models={})
    try:
        yield made
    finally:
        if made.close is not None:
            await made.close()


def settings_of(subject: Subject, settings: Settings) -> Settings:
    """Give a subject's settings: its model and framework, and no telemetry."""
    model = DEFAULT_MODEL if subject.model == OFFLINE else subject.model
    return replace(
        settings,
        model=model,
        models={"default": model},
        framework=subject.framework or settings.framework,
        store="sqlite",
        durable="",
        placement={},
        telemetry=TelemetrySettings(),
    )


def now_of(scenario: Scenario, settings: Settings) -> str:
    """Say where a scenario's clock stands."""
    return scenario.now or settings.now or NOW


def at_its_day(scenario: Scenario, app: App, clock: Clock) -> Scenario:
    """Write out a scenario's days."""
    return dated_scenario(scenario, clock.now().astimezone(zone_of(app.time_zone)).date())
