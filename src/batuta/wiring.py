"""The composition root: the only place that picks runtime, models, stores and clock."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self, TypedDict, Unpack
from zoneinfo import ZoneInfo

from batuta.core.agent import started, stopped
from batuta.core.clock import Clock, FixedClock, SystemClock
from batuta.core.message import Message
from batuta.core.ops import Retry
from batuta.core.redaction import told
from batuta.core.runtime import RunOptions
from batuta.errors import ConfigError
from batuta.keeping import durable_engine, open_bookings, open_stores
from batuta.models.named import DEFAULT_MODEL, NamedModels
from batuta.placement import Placement, apart, available_here, missing_here, placement_of
from batuta.placement.functions import managed_options
from batuta.runtimes.layers import Deadline, Tracing, Trying
from batuta.runtimes.local import LocalRuntime
from batuta.runtimes.policy import Policy
from batuta.runtimes.spending import Spending
from batuta.styles import missing_for, model_names, style_of, styled
from batuta.telemetry.prices import default_prices, load_price_list_aside

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.app import App
    from batuta.core.assistant import Assistant, Limits
    from batuta.core.budget import Budget
    from batuta.core.model import Model
    from batuta.core.record import RunRecord, RunStore
    from batuta.core.session import SessionStore
    from batuta.models.vendors import Access
    from batuta.runtimes.durable import DurableRuntime, Engine
    from batuta.settings import Settings
    from batuta.tennis.bookings import TennisClub

# What a bare agent does not need is imported where it is used, so that importing stays light.

LAYERS: tuple[object, ...] = (Deadline(), Spending(), Tracing(), Policy(), Trying())
"""What stands around every ask, use, call and step, outermost first."""


def models(default: str | Model = DEFAULT_MODEL, settings: Settings | None = None) -> NamedModels:
    """Make what picks a model by name.

    Args:
        default: What None means.
        settings: Keys, addresses and limits; None reads them when a vendor's model is wanted.
    """

    def reach(provider: str) -> tuple[Access, int]:
        load_price_list_aside()
        chosen = settings or _settings_here()
        return access_of(provider, chosen), chosen.concurrent_model_calls

    return NamedModels(default, reach)


def access_of(provider: str, settings: Settings) -> Access:
    """Give the key, address and limits of a provider."""
    from batuta.models.vendors import Access
    from batuta.settings import VendorSettings

    vendor = settings.vendors.get(provider.removesuffix("-chat"), VendorSettings())
    return Access(
        key=vendor.key,
        base_url=vendor.base_url,
        region=vendor.region,
        timeout_s=settings.model_seconds,
        reply_bytes=settings.reply_bytes,
    )


def _settings_here() -> Settings:
    from batuta.settings import read_settings

    return read_settings()


def local_runtime(
    *, model: str | Model | None = None, settings: Settings | None = None, **options: Any
) -> LocalRuntime:
    """Make a runtime in this process with everything around it.

    Args:
        model: The default model; None takes that of the settings.
        settings: None reads them.
        options: As ``LocalRuntime`` takes them: models, prices, clock, max_concurrent_calls,
            inbox_size.
    """
    settings = settings or _settings_here()
    options.setdefault("clock", clock_of(settings))
    options.setdefault("models", models(model or settings.default_model, settings))
    options.setdefault("prices", default_prices(settings.prices))
    return LocalRuntime(LAYERS, **options)


async def run(
    agent: Agent,
    text: str | Message,
    *,
    model: str | Model | None = None,
    options: RunOptions | None = None,
) -> RunRecord:
    """Run one agent on one message, in a runtime of its own.

    Args:
        model: What the agent's models default to; None takes that of the settings.

    Raises:
        BatutaError: The run failed.
    """
    message = Message.user(text) if isinstance(text, str) else text
    runtime = local_runtime(model=model)
    try:
        await started(agent)
        return (await runtime.run(agent, message, options)).raised()
    finally:
        await stopped(agent)
        await runtime.stop()


def run_sync(agent: Agent, text: str | Message, **options: Any) -> RunRecord:
    """Do ``run`` from plain code; the one bridge from sync to async.

    Raises:
        RuntimeError: An event loop is running already: await ``run`` there.
    """
    return asyncio.run(run(agent, text, **options))


class Choices(TypedDict, total=False):
    """What can be chosen for an assistant.

    ``model`` and ``clock`` default to the settings', a model then to the App's or the stand-in;
    ``sessions`` and ``records`` to memory; ``settings`` to those read here; ``options`` are of the
    style's own agent, as ``max_turns``; ``models`` and a durable ``engine`` are shared with others.
    """

    model: str | Model | None
    models: NamedModels
    settings: Settings
    sessions: SessionStore
    records: RunStore
    clock: Clock
    budget: Budget
    limits: Limits
    retry: Retry
    options: Mapping[str, Any]
    engine: Engine | None


def _runtime(
    app: App, style: str, settings: Settings, *, engine: Engine | None, **options: Any
) -> LocalRuntime | DurableRuntime:
    """Make the runtime of a style: durable where the settings say so."""
    engine = engine or durable_engine(app.name, settings)
    if engine is None:
        return local_runtime(settings=settings, **options)
    from batuta.runtimes.durable import DurableRuntime

    options.setdefault("prices", default_prices(settings.prices))
    return DurableRuntime(engine, LAYERS, place=style, **options)


def assistant(app: App, style: str, **chosen: Unpack[Choices]) -> Assistant:
    """Put an App under a control style.

    Raises:
        ConfigError: The style is unknown or not available, or the App lacks what it needs.
    """
    from batuta.core.assistant import Assistant, Limits
    from batuta.stores.sqlite import SqliteRuns, SqliteSessions

    unknown = set(chosen) - Choices.__optional_keys__
    if unknown:
        raise TypeError(
            f"assistant() takes no {', '.join(sorted(unknown))}; "
            f"it takes {', '.join(sorted(Choices.__optional_keys__))}"
        )
    key = style_of(style, app).key
    settings = chosen.get("settings") or _settings_here()
    app = with_models(app, settings.models)
    model, shared = chosen.get("model"), chosen.get("models")
    if model is not None or shared is None:
        shared = models(model or default_model(app, settings), settings)
    shared()  # so that a missing key is told before the first run
    clock = chosen.get("clock") or clock_of(settings, app.time_zone)
    options = dict(chosen.get("options", {}))
    if key == "h" and not missing_for(key, app):
        acting = partial(local_runtime, models=shared, settings=settings, clock=clock)
        managed = partial(managed_options, models=shared, runtime=acting, clock=clock)
        options = {**managed(app, settings, keeps="sessions" in chosen), **options}
    agents = styled(app, key, options)
    agents = apart(agents, placement_of(key, app.name, settings), style=key, settings=settings)
    runtime = _runtime(app, key, settings, engine=chosen.get("engine"), models=shared, clock=clock)
    runtime.register(*agents)
    return Assistant(
        app=app,
        style=key,
        agent=agents[-1].name,
        runtime=runtime,
        sessions=chosen.get("sessions") or SqliteSessions(":memory:"),
        records=chosen.get("records") or SqliteRuns(":memory:"),
        budget=chosen.get("budget") or app.budget,
        clock=clock,
        limits=chosen.get("limits") or Limits(),
        retry=chosen.get("retry") or Retry(),
    )


class Assistants:
    """One App under every style that is asked for, on shared sessions, records and clock.

    What a door with several styles holds. Use as ``async with``.
    """

    def __init__(
        self, app: App, settings: Settings, clock: Clock | None = None, *, batches: int = 0
    ) -> None:
        self.app = app
        self.settings = settings
        self.clock: Clock = clock or clock_of(settings, app.time_zone)
        self.sessions, self.records = open_stores(settings)
        self._models = models(default_model(with_models(app, settings.models), settings), settings)
        self._made: dict[str, Assistant] = {}
        self._placed: dict[str, Placement | None] = {}
        self._retired: list[Assistant] = []
        self._making = asyncio.Lock()
        self.engine = durable_engine(app.name, settings, at_once=batches)
        if self.engine is not None:
            self.engine.opener = self.style

    async def style(self, key: str) -> Assistant:
        """Give the App under a style, started.

        Raises:
            ConfigError: The style is unknown or not available, or the App lacks what it needs.
        """
        key = style_of(key, self.app).key
        async with self._making:
            where = placement_of(key, self.app.name, self.settings)
            if key in self._made and where != self._placed[key]:
                # Its services were started anew, elsewhere; what is on with the old ones may end.
                self._retired.append(self._made.pop(key))
            if key not in self._made:
                made = self._assistant(key)
                await self._models.connect()
                await made.start()
                self._made[key], self._placed[key] = made, where
        return self._made[key]

    def missing(self, style: str) -> str:
        """Say what keeps a style from running here and now; empty where nothing does."""
        return missing_here(style, self.app, self.settings)

    def available(self) -> tuple[str, ...]:
        """List the styles that can run here and now."""
        return available_here(self.app, self.settings)

    async def close(self) -> None:
        """Stop the agents and release the stores and what the App holds."""
        for made in (*self._retired, *self._made.values()):
            await made.stop()
        self._retired.clear()
        self._made.clear()
        await self._models.aclose()
        await self.sessions.aclose()
        await self.records.aclose()
        if self.app.close is not None:
            await self.app.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    def _assistant(self, key: str) -> Assistant:
        from batuta.core.assistant import Limits

        settings = self.settings
        return assistant(
            self.app,
            key,
            settings=settings,
            models=self._models,
            sessions=self.sessions,
            records=self.records,
            clock=self.clock,
            engine=self.engine,
            budget=replace(
                self.app.budget, seconds=settings.run_seconds, cost_usd=settings.run_cost_usd
            ),
            limits=Limits(
                message_chars=settings.message_chars, history_messages=settings.history_messages
            ),
        )


def clock_of(settings: Settings, time_zone: str = "UTC") -> Clock:
    """Give the clock: the machine's own, or one that stands where the settings say.

    Raises:
        ConfigError: They say no ISO time.
    """
    return SystemClock() if not settings.now else clock_at(settings.now, time_zone)


def clock_at(moment: str, time_zone: str) -> Clock:
    """Make a clock that stands at an ISO time; without an offset it is local to the zone.

    Raises:
        ConfigError: It is no ISO time.
    """
    try:
        when = datetime.fromisoformat(moment)
    except ValueError as error:
        raise ConfigError(
            f"{moment!r} is no ISO time", "Write it as 2026-03-01T09:00, with or without an offset."
        ) from error
    return FixedClock(when if when.tzinfo else when.replace(tzinfo=ZoneInfo(time_zone)))


async def open_app(name: str, settings: Settings) -> App:
    """Open an App by name: ``tennis``, or ``module:attribute`` of one's own.

    Raises:
        ConfigError: There is no such module or attribute, or it is no App.
    """
    from batuta.core.app import App
    from batuta.tennis.app import tennis_app

    if name == "tennis":
        return tennis_app(await open_tennis(settings))
    module, _, attribute = name.partition(":")
    try:
        found: object = getattr(import_module(module), attribute or "app")
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"There is no App {name!r}: {error}",
            "Give tennis, or your own as package.module:app.",
        ) from error
    except AttributeError as error:
        raise ConfigError(f"There is no App {name!r}: {error}", "Name it after a colon.") from error
    except (Exception, SystemExit) as error:
        raise ConfigError(
            f"App {name} cannot be opened: {told(error)}", "Mend its module."
        ) from error
    if not isinstance(found, App):
        raise ConfigError(f"{name} is {type(found).__name__}, not an App", "Name an App.")
    return found


async def open_tennis(settings: Settings) -> TennisClub:
    """Open the club's front desk, and apply the seed file where one is set.

    Raises:
        ConfigError: The club or seed file cannot be used.
    """
    from batuta.tennis.bookings import TennisClub
    from batuta.tennis.club import Club
    from batuta.tennis.seeding import Seed, apply

    club = Club.from_toml(settings.club) if settings.club else Club()
    seed = Seed.from_file(settings.seed, club) if settings.seed else None
    store = open_bookings(settings)
    if seed is not None:
        await apply(seed, store, now=clock_of(settings, club.time_zone).now())
    return TennisClub(club, store)


def default_model(app: App, settings: Settings) -> str | Model:
    """Give the model of whatever has none of its own: the settings', else the App's."""
    chosen = settings.default_model
    return chosen if chosen != DEFAULT_MODEL else app.models.get("default", DEFAULT_MODEL)


def with_models(app: App, chosen: Mapping[str, str | Model]) -> App:
    """Give an App other models for some of its steps, specialists or styles.

    Raises:
        ConfigError: It has none of that name.
    """
    known = model_names(app)
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise ConfigError(
            f"[models] has {', '.join(unknown)}, which App {app.name} has not",
            f"What can have a model: {', '.join(known)}.",
        )
    return replace(app, models={**app.models, **chosen})
