"""``batuta demo``: the same conversations under every style, side by side."""

from __future__ import annotations

import asyncio
import json as json_format
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from batuta.cli.command import AppName, FrameworkName, Home, Json, ModelName, Now
from batuta.cli.conversation import check_style
from batuta.cli.demo_play import Stage, StylePlay
from batuta.cli.opening import TENNIS, app_for, settings_for
from batuta.cli.view.errors import Failed, exit_code_of
from batuta.errors import ConfigError, ToolFailed

if TYPE_CHECKING:
    from batuta.cli.demo_view import DemoView
    from batuta.styles import AppStyle, Cast


@dataclass(frozen=True, kw_only=True)
class DemoOptions:
    """What ``batuta demo`` takes."""

    of: Annotated[
        str, typer.Argument(metavar="APP", help="An App of yours as module:app; as --app.")
    ] = ""
    app: AppName = TENNIS
    model: ModelName = ""
    framework: FrameworkName = ""
    styles: Annotated[
        str, typer.Option(metavar="KEYS", help="Only these, such as a,d; else all that can run.")
    ] = ""
    json: Json = False
    now: Now = ""
    home: Home = None


def demo(options: DemoOptions) -> None:
    """Hold the same conversations under every style, and compare.

    Bookings are made for real, in a club that is made for each style and ends with the demo, as do
    the processes of C and G. Of an App of yours it tells what each conversation did, and whether
    that is what its scenario expects. The records of the runs stay: see batuta trace.
    """
    plays, view, shared = asyncio.run(_demo(replace(options, app=_named(options))))
    if options.json:
        print(json_format.dumps(view.to_json(plays, shared), indent=2, ensure_ascii=False))
    else:
        view.sum_up(plays, shared)
    if not all(play.done for play in plays):
        raise Failed(exit_code_of(ToolFailed("", "")))


def _named(options: DemoOptions) -> str:
    """Give the App that was named, with --app or without."""
    if options.of and options.app not in {TENNIS, options.of}:
        raise ConfigError(
            f"One demo is of one App, not of {options.of} and {options.app}", "Name one of them."
        )
    return options.of or options.app


async def _demo(options: DemoOptions) -> tuple[list[StylePlay], DemoView, tuple[str, ...]]:
    from batuta.cli.demo_view import DemoView
    from batuta.styles import resolve, set_up
    from batuta.wiring import models

    settings = settings_for(options.home, options.now, options.model, framework=options.framework)
    models(settings.default_model, settings)()  # a missing key is told before anything is shown
    with TemporaryDirectory(prefix="batuta-demo-") as folder:
        app = await app_for(options.app, replace(settings, home=Path(folder), store="sqlite"))
        try:
            cast = resolve(set_up(app, settings), settings)
            view = DemoView(cast, again=_again(options), silent=options.json)
            own = None if options.app == TENNIS else app
            stage = Stage(settings=settings, folder=Path(folder), own=own, name=options.app)
            async with stage:
                styles = _styles(options, cast)
                plays = await _play_all(styles, view, stage)
                return plays, view, stage.shared([each.key for each in styles])
        finally:
            if app.close is not None:
                await app.close()


async def _play_all(styles: list[AppStyle], view: DemoView, stage: Stage) -> list[StylePlay]:
    plays = {each.key: StylePlay(style=each.style) for each in styles}
    view.open()
    for key, play in plays.items():
        if play.style.independent:
            with view.watching(play) as watch:
                watch("starting")
                await stage.place(play.style, view.app)
        view.placed(play, stage.services(key))
    for number, scenario in enumerate(view.app.scenarios, start=1):
        view.begin(number, scenario)
        for key, play in plays.items():
            with view.watching(play) as watch:
                played = await stage.play(key, scenario, watch)
            play.played.append(played)
            view.show(play, played)
    return list(plays.values())


def _again(options: DemoOptions) -> tuple[str, str]:
    """Say with which options commands find the App and the home again."""
    app = "" if options.app == TENNIS else f" --app {shlex.quote(options.app)}"
    return app, "" if options.home is None else f" --home {shlex.quote(str(options.home))}"


def _styles(options: DemoOptions, cast: Cast) -> list[AppStyle]:
    app = cast.app
    if not app.scenarios:
        raise ConfigError(f"App {app.name} has no scenarios", "Add some: App(scenarios=…).")
    wanted = [word for word in options.styles.replace(",", " ").split() if word]
    usual = [key for key in cast.runnable() if key not in app.compositions]
    chosen = dict.fromkeys(check_style(w, cast, placed=False).key for w in wanted)
    return [cast.styles[key] for key in chosen or usual]
