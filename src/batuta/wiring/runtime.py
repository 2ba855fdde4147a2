"""Makes runtimes in this process. What they are made of is imported when one is made."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from batuta.core.message import Message

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.model import Model
    from batuta.core.record import RunRecord
    from batuta.core.runtime import RunOptions
    from batuta.runtimes.local import Capacity, LocalRuntime, ToolThreads
    from batuta.settings import Settings


def capacity_of(settings: Settings, threads: ToolThreads | None = None) -> Capacity:
    """Give what a runtime may do at once.

    Args:
        threads: Those that it shares with others; None makes its own.
    """
    from batuta.runtimes.local import Capacity, ToolThreads

    return Capacity(
        agents=settings.concurrent_agents or settings.concurrent_runs,
        caller_share=settings.caller_share,
        threads=threads or ToolThreads(settings.tool_threads, settings.caller_share),
    )


def local_runtime(
    *, model: str | Model | None = None, settings: Settings | None = None, **options: Any
) -> LocalRuntime:
    """Make a runtime in this process with everything around it.

    Args:
        model: The default model; None takes that of the settings.
        settings: None reads them.
        options: As ``LocalRuntime`` takes them: models, prices, clock, max_concurrent_calls,
            inbox_size; and ``beneath``, the layers between the usual ones and the real call.
    """
    from batuta.core.configured_model import ConfiguredModel
    from batuta.core.model_settings import UNSET
    from batuta.runtimes.local import LocalRuntime
    from batuta.telemetry.prices import default_prices
    from batuta.wiring.clock import clock_of
    from batuta.wiring.layers import LAYERS
    from batuta.wiring.model_choice import models

    if settings is None:
        from batuta.settings import read_settings

        settings = read_settings()
    if "max_concurrent_calls" not in options:
        options["max_concurrent_calls"] = capacity_of(settings)
    options.setdefault("clock", clock_of(settings))
    base = settings.model_settings.get("default", UNSET)
    if isinstance(model, ConfiguredModel):
        base, model = model.settings.over(base), model.model
    options.setdefault("models", models(model or settings.default_model, settings))
    options.setdefault("prices", default_prices(settings.prices))
    beneath: tuple[object, ...] = options.pop("beneath", ())
    made = LocalRuntime((*LAYERS, *beneath), **options)
    made.settings = None if base == UNSET else base
    made.ready_wait_s = settings.ready_seconds
    if settings.telemetry.sends:
        from batuta.wiring.telemetry import telemetry_of

        made.observer = told = telemetry_of(settings)
        made.watched = None if told is None else told.open_runs
    return made


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
    from batuta.core.agent import started, stopped

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
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(run(agent, text, **options))
    raise RuntimeError("run_sync was called where an event loop runs. Use: await run(…)")
