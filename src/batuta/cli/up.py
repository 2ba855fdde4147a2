"""``batuta up``: a style's agents, each in a process of its own."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from batuta.cli.command import AppName, FrameworkName, Home, ModelName, NoTls, Now
from batuta.cli.opening import TENNIS, app_for, settings_for
from batuta.errors import called

if TYPE_CHECKING:
    from batuta.hosting import Placed
    from batuta.hosting.service import Say
    from batuta.settings import Settings

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SELF = "up"
_COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "red")


@dataclass(frozen=True, kw_only=True)
class UpOptions:
    """What ``batuta up`` takes."""

    style: Annotated[str, typer.Argument(metavar="KEY", help="Control style, such as c or g.")]
    app: AppName = "tennis"
    model: ModelName = ""
    framework: FrameworkName = ""
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where all of them listen.")] = (
        "127.0.0.1"
    )
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65_000, metavar="PORT", help="Of the first; the next ones follow. 0: any."
        ),
    ] = 0
    no_tls: NoTls = False
    now: Now = ""
    home: Home = None


def up(options: UpOptions) -> None:
    """Run each agent of a style as a process of its own.

    Until Ctrl-C. One that crashes is started again at the same address. Meanwhile batuta chat and
    batuta serve find them in this home.
    """
    from batuta.hosting import check_listening

    settings = settings_for(options.home, options.now, options.model, framework=options.framework)
    check_listening(options.host, settings, plain=options.no_tls)
    asyncio.run(_up(options, settings))


async def _up(options: UpOptions, settings: Settings) -> None:
    from batuta.cli.conversation import check_style
    from batuta.hosting import ServiceSpec, placed
    from batuta.styles import Claim, resolve

    app = await app_for(options.app, settings)
    try:
        style = check_style(options.style, resolve(app, settings), placed=False)
        spec = ServiceSpec(
            app_name=options.app,
            style=style,
            host=options.host,
            port=options.port,
            plain=options.no_tls,
        )
        with Claim(settings.home, style.key) as claim, _until_told():
            say = _printer(spec.agents)
            say(_SELF, f"starting {', '.join(spec.agents)}, as in style {style.key}")
            async with placed(spec, say=say) as there:
                claim.publish(there.running(os.getpid()))
                _tell(options, there, say)
                await asyncio.get_running_loop().create_future()  # until told to stop
        say(_SELF, "stopped")
    finally:
        if app.close is not None:
            await app.close()


def _tell(options: UpOptions, there: Placed, say: Say) -> None:
    style = there.spec.style.key
    given = [] if options.app == TENNIS else ["--app", options.app]
    given += [] if options.home is None else ["--home", str(options.home)]
    where = "".join(f" {shlex.quote(word)}" for word in given)
    say(_SELF, f"all {len(there.services)} answer; stop them with Ctrl-C")
    name = called()
    say(_SELF, f"talk to them: {name} chat --style {style}{where}, or {name} serve{where}")


def _printer(names: Sequence[str]) -> Say:
    """Make what prints a line with the service's name before it, in colour in a terminal."""
    from rich.text import Text

    from batuta.cli.view.screen import DIM, screen, text

    console = screen()
    widest = max(map(len, (*names, _SELF)))
    colours = {name: _COLOURS[at % len(_COLOURS)] for at, name in enumerate(names)}

    def say(name: str, line: str) -> None:
        label = Text(f"{name:{widest}} | ", colours.get(name, DIM))
        console.print(label.append_text(text(line)), soft_wrap=True)

    return say


@contextmanager
def _until_told() -> Generator[None]:
    """Leave what is inside at the first signal to stop; further ones change nothing."""
    loop, inside = asyncio.get_running_loop(), asyncio.current_task()
    told: list[int] = []

    def leave() -> None:
        if inside is not None and not told:
            inside.cancel()
        told.append(1)

    for each in _STOPPING:
        loop.add_signal_handler(each, leave)
    try:
        yield
    except asyncio.CancelledError:
        if not told:
            raise
    finally:
        for each in _STOPPING:
            loop.remove_signal_handler(each)
