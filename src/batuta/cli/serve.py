"""``batuta serve``: the App over HTTP."""

from __future__ import annotations

import json
import shlex
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from batuta.cli.command import AppName, FrameworkName, Home, ModelName, Now
from batuta.cli.countdown import Countdown, run_to_end
from batuta.cli.opening import TENNIS, find_modules_here, settings_for
from batuta.cli.services import placed_styles
from batuta.errors import missing_extra

if TYPE_CHECKING:
    from collections.abc import Callable

    from batuta.app import App
    from batuta.settings import Settings

    Ready = Callable[[str, App], None]
    """Called with address and App once requests are answered."""

Place = Annotated[
    str,
    typer.Option(
        metavar="KEYS", help="Run the agents of these styles as processes too, such as c,g."
    ),
]
Reports = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder of the lab's reports, for the playground to list."),
]


@dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """What ``batuta serve`` takes."""

    app: AppName = "tennis"
    model: ModelName = ""
    framework: FrameworkName = ""
    style: Annotated[
        str, typer.Option(metavar="KEY", help="Serve this style alone; else all that can run.")
    ] = ""
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = ""
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, metavar="PORT", help="0 takes a free one.")
    ] = None
    lab: Annotated[
        bool, typer.Option("--lab", help="Let the playground set budgets and break things.")
    ] = False
    place: Place = ""
    reports: Reports = None
    test_mode: Annotated[
        bool, typer.Option("--test-mode", help="Let a request's X-Batuta-Now set its clock.")
    ] = False
    now: Now = ""
    home: Home = None


def serve(options: ServeOptions) -> None:
    """Serve the App over HTTP until Ctrl-C; / is its playground."""
    settings = settings_of(options)
    run_server(options, settings, partial(_tell, options), doors=settings.doors)


def run_server(options: ServeOptions, settings: Settings, ready: Ready, *, doors: str) -> None:
    """Serve until told to stop.

    Args:
        doors: Which others are opened, as the setting says it.
    """
    missing = [name for name in ("fastapi", "uvicorn") if find_spec(name) is None]
    if missing:
        raise missing_extra(f"The HTTP door needs {' and '.join(missing)}", "serve")
    if options.app != TENNIS:
        find_modules_here()
    countdown = Countdown()
    with suppress(KeyboardInterrupt):  # the server has ended in good order by then
        run_to_end(_serve(options, replace(settings, doors=doors), ready, countdown=countdown))


def settings_of(options: ServeOptions) -> Settings:
    """Read the settings, with what the options say on top."""
    settings = settings_for(options.home, options.now, options.model, framework=options.framework)
    port = settings.port if options.port is None else options.port
    return replace(settings, host=options.host or settings.host, port=port)


def suggestion(app: App) -> str:
    """Give a message that the App understands."""
    return next(iter(app.openings()), "What can you do?")


def _tell(options: ServeOptions, address: str, app: App) -> None:
    what = f"style {options.style} of {options.app}" if options.style else options.app
    print(f"Serving {what} on {address} (Ctrl-C stops)", flush=True)
    body = shlex.quote(json.dumps({"message": suggestion(app)}, ensure_ascii=False))
    print(f"Try: curl {address}/chat -H 'content-type: application/json' -d {body}", flush=True)


async def _serve(
    options: ServeOptions, settings: Settings, ready: Ready, *, countdown: Countdown
) -> None:
    from batuta.serve.doors import mounts_of
    from batuta.serve.http.identity import identity_of
    from batuta.serve.http.server import Watch
    from batuta.serve.http.server import serve as serve_http
    from batuta.serve.playground.ground import Lab, check_lab

    if options.lab:
        check_lab(settings.host, identity_of(settings))
    with countdown:
        async with placed_styles(options.place, options.app, settings) as services:
            lab = Lab(on=options.lab, services=lambda: services if options.lab else {})
            given = {"playground": {"lab": lab, "reports": options.reports}}
            await serve_http(
                settings,
                options.app,
                style=options.style or None,
                test_mode=options.test_mode,
                mounts=mounts_of("" if options.style else settings.doors, given),
                watch=Watch(on_ready=ready, on_stop=countdown.begin),
            )
