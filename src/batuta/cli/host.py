"""``batuta host``: agents of an App as a service of its own."""

from __future__ import annotations

import json as json_format
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from batuta.cli.command import FrameworkName, Home, ModelName, NoTls, Now, Record, Replay
from batuta.cli.countdown import Countdown, run_to_end
from batuta.cli.opening import TENNIS, find_modules_here, settings_for
from batuta.cli.tape import tape
from batuta.cli.view.streams import safe

if TYPE_CHECKING:
    from batuta.hosting import Hosted

_GRACE_S = 5.0  # less than whoever keeps several of them waits


@dataclass(frozen=True, kw_only=True)
class HostOptions:
    """What ``batuta host`` takes."""

    target: Annotated[
        str,
        typer.Argument(
            metavar="APP:AGENT",
            help="tennis:booking, tennis:parse,confirm or my_module:app:agent.",
        ),
    ]
    style: Annotated[
        str, typer.Option(metavar="KEY", help="Style whose agents they are; else the first.")
    ] = ""
    model: ModelName = ""
    framework: FrameworkName = ""
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = ""
    port: Annotated[
        int, typer.Option(min=0, max=65_535, metavar="PORT", help="0 takes a free one.")
    ] = 50_051
    no_tls: NoTls = False
    fresh: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Make the App anew on data in this folder: App(fresh=…)."),
    ] = None
    record: Record = None
    replay: Replay = None
    attached: Annotated[bool, typer.Option("--attached", help="Stop when standard input ends.")] = (
        False
    )
    now: Now = ""
    home: Home = None


def host(options: HostOptions) -> None:
    """Serve agents of an App to other processes, over gRPC.

    The secret that callers must have comes from BATUTA_SECRET or batuta.toml. Prints a line of JSON
    once it answers; each call is a line on stderr.
    """
    from batuta.hosting import Hosting, Target
    from batuta.hosting import host as host_agents

    target = Target.parse(options.target)
    if target.app != TENNIS:
        find_modules_here()
    settings = settings_for(options.home, options.now, options.model, framework=options.framework)
    settings = replace(settings, host=options.host or settings.host, port=options.port)
    countdown = Countdown(_GRACE_S)
    with tape(settings, options.record, options.replay) as laid:
        if laid.note:
            _say(laid.note)
        how = Hosting(
            style=options.style,
            plain=options.no_tls,
            attached=options.attached,
            fresh=options.fresh,
            on_ready=_ready,
            on_stop=countdown.begin,
            say=_say,
            dress=laid.on,
        )

        async def hosting() -> None:
            with countdown:
                await host_agents(target, laid.settings, how)

        run_to_end(hosting())


def _ready(hosted: Hosted) -> None:
    print(json_format.dumps(hosted.to_json()), flush=True)
    what = f"{', '.join(hosted.agents)} of {hosted.app}, as in style {hosted.style}"
    if sys.stdin.isatty():
        _say(f"Hosting {what}, on {hosted.address} (Ctrl-C stops)")
    else:
        _say(f"hosting {what}")


def _say(line: str) -> None:
    print(safe(line), file=sys.stderr, flush=True)
