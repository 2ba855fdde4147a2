"""``batuta play``: the App as a page, in the browser of this machine."""

from __future__ import annotations

import threading
import webbrowser
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from batuta.cli.command import FrameworkName, Home, ModelName, Now
from batuta.cli.serve import Place, Reports, ServeOptions, run_server, settings_of

if TYPE_CHECKING:
    from batuta.app import App

_HERE = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class PlayOptions:
    """What ``batuta play`` takes."""

    app: Annotated[
        str, typer.Argument(metavar="APP", help="tennis, or an App of yours as module:app.")
    ] = "tennis"
    model: ModelName = ""
    framework: FrameworkName = ""
    open: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in the browser.")
    ] = True
    lab: Annotated[
        bool, typer.Option("--lab/--no-lab", help="Let the page set budgets and break things.")
    ] = True
    place: Place = ""
    reports: Reports = None
    port: Annotated[int, typer.Option(min=0, max=65_535, metavar="PORT", help="0: any.")] = 0
    now: Now = ""
    home: Home = None


def play(options: PlayOptions) -> None:
    """Open the playground: styles side by side, until Ctrl-C.

    The server listens on this machine alone, on a free port. With --lab, as it is unless you say
    otherwise, the page may set budgets and end services; that needs a server without keys.
    """
    serving = ServeOptions(
        app=options.app,
        model=options.model,
        framework=options.framework,
        host=_HERE,
        port=options.port,
        lab=options.lab,
        place=options.place,
        reports=options.reports,
        now=options.now,
        home=options.home,
    )

    def ready(address: str, app: App) -> None:
        print(f"The playground of {app.title or app.name}: {address}/ (Ctrl-C stops)", flush=True)
        if options.open:
            # A browser in the terminal would hold the server up until it ends.
            threading.Thread(target=webbrowser.open, args=(f"{address}/",), daemon=True).start()

    run_server(serving, settings_of(serving), ready, doors="playground")
