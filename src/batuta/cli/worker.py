"""``batuta worker``: does the runs of batches, and takes over from workers that died."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from batuta.cli.command import Home, ModelName, Now
from batuta.cli.countdown import Countdown, run_to_end
from batuta.cli.opening import app_for, settings_for
from batuta.errors import ConfigError

if TYPE_CHECKING:
    from batuta.settings import Settings


@dataclass(frozen=True, kw_only=True)
class WorkerOptions:
    """What ``batuta worker`` takes."""

    app: Annotated[
        str, typer.Argument(metavar="APP", help="tennis, or an App of yours as module:app.")
    ] = ""
    style: Annotated[
        str, typer.Option(metavar="KEY", help="Style to have ready; others are opened when needed.")
    ] = ""
    slot: Annotated[
        str, typer.Option(metavar="NAME", help="Stable name; its restart goes on with its runs.")
    ] = ""
    at_once: Annotated[
        int, typer.Option(min=1, metavar="N", help="Runs to work on at the same time.")
    ] = 10
    model: ModelName = ""
    now: Now = ""
    home: Home = None


def worker(options: WorkerOptions) -> None:
    """Do what batuta batch leaves, until Ctrl-C.

    What is on then is left to others; what others leave when they die is taken over.
    """
    settings = settings_for(options.home, options.now, options.model)
    settings = replace(settings, slot=options.slot or settings.slot)
    if not settings.durable:
        raise ConfigError(
            "Workers share durable runs", "Set BATUTA_DURABLE to sqlite or a postgresql:// URL."
        )
    run_to_end(_work(options, settings, Countdown()))


async def _work(options: WorkerOptions, settings: Settings, countdown: Countdown) -> None:
    from batuta.wiring import Assistants

    over = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end(*_: object) -> None:
        countdown.begin()
        with suppress(RuntimeError):  # the loop has ended already
            loop.call_soon_threadsafe(over.set)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, end)
    app = await app_for(options.app or settings.app, settings)
    with countdown:
        async with Assistants(app, settings, batches=options.at_once) as house:
            await house.style(options.style or settings.style or house.cast.available()[0])
            slot = "" if house.engine is None else house.engine.slots.name
            print(f"Worker {slot} of {app.name} is ready (Ctrl-C stops)", flush=True)
            await over.wait()
