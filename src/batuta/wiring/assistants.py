"""Puts an App under its styles, on stores, clock and models that are picked by the settings."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypedDict, Unpack

from batuta.core.ask import within
from batuta.core.clock import Clock
from batuta.core.configured_model import ConfiguredModel
from batuta.core.custom import listeners
from batuta.core.retry import Retry
from batuta.core.toolset import LiveTools
from batuta.errors import BatutaError
from batuta.faults import active_plan
from batuta.models.named import DEFAULT_MODEL
from batuta.runtimes.local import ToolThreads
from batuta.settings import read_settings
from batuta.styles import Resources, app_style, resolve, set_up
from batuta.styles.remote import with_remotes
from batuta.telemetry.prices import default_prices
from batuta.wiring.clock import clock_of
from batuta.wiring.faults import fault_layers, faulty_clock
from batuta.wiring.layers import LAYERS
from batuta.wiring.limits import limits_of
from batuta.wiring.model_choice import default_model, models
from batuta.wiring.model_settings import StyleSettings, base_of, check_shown_to
from batuta.wiring.runtime import capacity_of, local_runtime
from batuta.wiring.storage import (
    durable_engine,
    open_attachments,
    open_requests,
    open_stores,
)
from batuta.wiring.telemetry import joined, pipelines_of, telemetry_of
from batuta.wiring.tool_calls import cannot_act, toolless_models

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.assistant import Assistant, Limits
    from batuta.core.attachment_store import AttachmentStore
    from batuta.core.budget import Budget
    from batuta.core.kept_content import KeptContent
    from batuta.core.model import Model
    from batuta.core.people import Question
    from batuta.core.record import RunStore
    from batuta.core.request import RequestLog
    from batuta.core.runtime import Runtime
    from batuta.core.session import SessionStore
    from batuta.core.turn import TurnStore
    from batuta.faults import FaultPlan
    from batuta.models.named import NamedModels
    from batuta.runtimes.durable import DurableRuntime, Engine
    from batuta.runtimes.local import LocalRuntime
    from batuta.settings import Settings
    from batuta.styles import AppStyle, Placement
    from batuta.telemetry.pipeline import Pipeline

_LOG = logging.getLogger(__name__)

# What a bare agent does not need is imported where it is used, so that importing stays light.


class Choices(TypedDict, total=False):
    """What can be chosen for an assistant.

    ``model`` defaults to that of the settings, else the App's own, else the offline stand-in;
    ``sessions``, ``records``, ``requests`` and ``attachments`` to memory, ``turns`` to what the
    first two make possible; ``settings`` to those that are read here; ``clock`` to the settings';
    ``models`` are shared with other assistants; ``options`` are those of the style's own agent,
    such as ``max_turns`` or ``handoff``; ``engine`` is that of durable runs, and ``threads`` are
    those of plain tools, shared too; ``faults`` strike by a plan, which defaults to that of the
    block of ``batuta.testing.faults`` around.
    """

    model: str | Model | None
    models: NamedModels
    settings: Settings
    sessions: SessionStore
    records: RunStore
    requests: RequestLog
    attachments: AttachmentStore
    clock: Clock
    budget: Budget
    limits: Limits
    retry: Retry
    turns: TurnStore | None
    kept: KeptContent
    options: Mapping[str, Any]
    engine: Engine | None
    threads: ToolThreads
    faults: FaultPlan | None


def _runtime(
    app: App, style: str, settings: Settings, *, engine: Engine | None, **options: Any
) -> LocalRuntime | DurableRuntime:
    """Make the runtime of a style: durable where the settings say so."""
    engine = engine or durable_engine(app.name, settings)
    if engine is None:
        return local_runtime(settings=settings, **options)
    from batuta.runtimes.durable import DurableRuntime

    options.setdefault("prices", default_prices(settings.prices))
    made = DurableRuntime(engine, LAYERS, place=style, **options)
    made.local.ready_wait_s = settings.ready_seconds
    made.observer = told = telemetry_of(settings)
    made.local.watched = None if told is None else told.open_runs
    return made


def assistant(app: App, style: str, **chosen: Unpack[Choices]) -> Assistant:
    """Put an App under a control style.

    Raises:
        ConfigError: The style is unknown or not available, or the App lacks what it needs.
    """
    unknown = set(chosen) - Choices.__optional_keys__
    if unknown:
        raise TypeError(
            f"assistant() takes no {', '.join(sorted(unknown))}; "
            f"it takes {', '.join(sorted(Choices.__optional_keys__))}"
        )
    settings = chosen.get("settings") or read_settings()
    found = app_style(set_up(app, settings), style, settings)
    return _under(found, found.placement, chosen)


def _under(found: AppStyle, placed: Callable[[], Placement | None], chosen: Choices) -> Assistant:
    """Put an App under a style that is resolved.

    Args:
        placed: Finds where its agents live.
    """
    from batuta.assistant import Assistant, Limits, no_attachments
    from batuta.storage.requests_sqlite import SqliteRequests
    from batuta.storage.sqlite import SqliteRuns, SqliteSessions
    from batuta.wiring.storage import kept_content, turns_of

    app, settings = found.app, found.settings
    model, shared = chosen.get("model"), chosen.get("models")
    wanted = model or default_model(app, settings)
    base = base_of(app, settings, managed=found.style.runs == "managed")
    if isinstance(wanted, ConfiguredModel):
        base, wanted = wanted.settings.over(base), wanted.model
    if model is not None or shared is None:
        shared = models(wanted or DEFAULT_MODEL, settings)
    default = shared()  # so that a missing key is told before the first run
    clock = chosen.get("clock") or clock_of(settings, app.time_zone)
    plan = chosen.get("faults") or active_plan.get()
    clock = faulty_clock(plan, clock)
    resources = Resources(
        models=shared,
        runtime=partial(local_runtime, models=shared, settings=settings, clock=clock),
        keeps="sessions" in chosen,
        clock=clock,
    )
    agents = found.agents(chosen.get("options"), resources)
    asked = StyleSettings.of(found, agents, default=default, base=base)
    agents = with_remotes(agents, placed(), style=found.key, settings=settings)
    runtime = _runtime(
        app,
        found.key,
        settings,
        engine=chosen.get("engine"),
        models=shared,
        clock=clock,
        max_concurrent_calls=capacity_of(settings, chosen.get("threads")),
        beneath=fault_layers(plan, agents),
    )
    runtime.register(*agents)
    managed = found.style.runs == "managed"
    shows = partial(check_shown_to, tuple(agents), default.name, managed=managed)
    requests = chosen.get("requests") or SqliteRequests(":memory:")
    runtime.effects = requests
    sessions = chosen.get("sessions") or SqliteSessions(":memory:")
    records = chosen.get("records") or SqliteRuns(":memory:")
    return Assistant(
        app=app.name,
        hooks=app.hooks,
        time_zone=app.time_zone,
        style=found.key,
        agent=agents[-1].name,
        runtime=runtime,
        sessions=sessions,
        records=records,
        turns=chosen.get("turns") or turns_of(sessions, records),
        kept=chosen.get("kept") or kept_content(settings),
        budget=chosen.get("budget") or app.budget,
        clock=clock,
        limits=chosen.get("limits") or Limits(),
        retry=chosen.get("retry") or Retry(),
        tools=app.tools,
        requests=requests,
        settings=asked.own,
        default_settings=base,
        takes=asked.take,
        shows=shows,
        attachments=chosen.get("attachments") or no_attachments(),
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
        self.threads = ToolThreads(settings.tool_threads, settings.caller_share)
        self.requests = open_requests(settings)
        self.attachments = open_attachments(settings)
        self.cast = resolve(set_up(app, settings), settings)
        default = default_model(self.cast.app, settings)
        if isinstance(default, ConfiguredModel):
            default = default.model or DEFAULT_MODEL
        self._models = models(default, settings)
        self._made: dict[str, Assistant] = {}
        self._placed: dict[str, Placement | None] = {}
        self.beside: list[Assistant] = []  # retired ones, and those of another framework or model
        self.told: list[Pipeline] = []
        self._making = asyncio.Lock()
        self.engine = durable_engine(app.name, settings, at_once=batches)
        if self.engine is not None:
            self.engine.table.opener = self.style

    async def style(self, key: str) -> Assistant:
        """Give the App under a style, started.

        Raises:
            ConfigError: The style is unknown or not available, or the App lacks what it needs.
        """
        found = self.cast.styles.get(key) or self.cast.find(key)
        key, where = found.key, found.placement()
        if key in self._made and where == self._placed[key]:
            return self._made[key]  # not behind another style that is being made
        async with self._making:
            where = found.placement()
            if key in self._made and where != self._placed[key]:
                # Its services were started anew, elsewhere; what is on with the old ones may end.
                self.beside.append(self._made.pop(key))
            if key not in self._made:
                made = self._assistant(found, where)
                await self._models.connect()
                await self._warn(found)
                await made.start()
                self._made[key], self._placed[key] = made, where
        return self._made[key]

    def budget(self, seconds: float | None = None) -> Budget:
        """Give the budget of one run at a door.

        Args:
            seconds: What the door has left for it; None leaves it to the settings.
        """
        settings, own = self.settings, self.app.budget
        made = replace(
            own,
            seconds=settings.run_seconds,
            cost_usd=settings.run_cost_usd,
            max_output_tokens=settings.max_output_tokens or own.max_output_tokens,
            continuations=settings.continuations or own.continuations,
        )
        return within(made, seconds)

    def tool_runtime(self) -> LocalRuntime:
        """Make a runtime in which a door uses the App's tools with no agent between."""
        made = local_runtime(
            settings=self.settings,
            models=self._models,
            clock=self.clock,
            max_concurrent_calls=capacity_of(self.settings, self.threads),
        )
        made.effects = self.requests
        return made

    async def toolless(self, key: str) -> tuple[str, ...]:
        """Name the models of a style that must call tools and whose servers know none.

        Raises:
            ConfigError: The style is unknown.
        """
        return await toolless_models(self.cast.find(key), self._models)

    def tell(self, pipeline: Pipeline) -> None:
        """Tell one more of the runs of styles that are asked for from now on."""
        self.told.append(pipeline)
        listeners.append(pipeline)

    async def standing(self) -> dict[str, float]:
        """Say how things stand, by the names of the gauges for Prometheus."""
        runtimes = [made.runtime for made in self._made.values()]
        ready = sum(runtime.ready() for runtime in runtimes)
        try:
            await self.probe()
        except BatutaError:
            writable = 0  # /health/ready says what is wrong, and logs it
        else:
            writable = 1
        told = {id(each): each for runtime in runtimes for each in pipelines_of(runtime.observer)}
        return {
            "batuta_agents_at_work": sum(runtime.working for runtime in runtimes),
            "batuta_agents_ready": ready,
            "batuta_agents_unready": len(runtimes) - ready,
            "batuta_stores_writable": writable,
            "batuta_telemetry_dropped_runs": sum(each.dropped for each in told.values()),
            "batuta_telemetry_lost_runs": sum(each.lost for each in told.values()),
        }

    def bare_runtime(self) -> LocalRuntime:
        """Make a runtime for a door's own small agents, on the models of this house."""
        return local_runtime(models=self._models, settings=self.settings, clock=self.clock)

    async def probe(self) -> None:
        """See that sessions, records, requests, durable runs and what the App holds can be kept.

        Raises:
            BatutaError: What is wrong.
        """
        await self.sessions.probe()
        await self.records.probe()
        await self.requests.probe()
        await self.attachments.probe()
        if self.engine is not None:
            await asyncio.to_thread(self.engine.store.probe)
        if self.app.probe is not None:
            await self.app.probe()

    async def questions(self) -> Collection[tuple[Question, Runtime]]:
        """List what runs wait for people to say, each with the runtime that takes the answer."""
        found: dict[tuple[str, str], tuple[Question, Runtime]] = {}
        for made in (*self._made.values(), *self.beside):
            for question in await made.runtime.questions():
                found.setdefault((question.run_id, question.span), (question, made.runtime))
        return found.values()

    async def close(self) -> None:
        """Stop the agents and release the stores and what the App holds."""
        for made in (*self.beside, *self._made.values()):
            await made.stop()
        self.beside.clear()
        self._made.clear()
        for told in self.told:
            listeners.remove(told)
            told.close()
        self.told.clear()
        tools: object = self.cast.app.tools
        if isinstance(tools, LiveTools):  # a door may have used them with no agent between
            await tools.stop()
        await self._models.aclose()
        await self.sessions.aclose()
        await self.records.aclose()
        await self.requests.aclose()
        await self.attachments.aclose()
        if self.app.close is not None:
            await self.app.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    async def _warn(self, style: AppStyle) -> None:
        if models := await toolless_models(style, self._models):
            _LOG.warning("%s", cannot_act(style, models, self.cast))

    def _assistant(self, found: AppStyle, where: Placement | None) -> Assistant:
        settings = self.settings
        chosen = Choices(
            settings=settings,
            models=self._models,
            sessions=self.sessions,
            records=self.records,
            requests=self.requests,
            attachments=self.attachments,
            clock=self.clock,
            engine=self.engine,
            budget=self.budget(),
            threads=self.threads,
            limits=limits_of(settings),
        )
        made = _under(found, lambda: where, chosen)
        made.runtime.observer = joined(made.runtime.observer, self.told)
        return made
