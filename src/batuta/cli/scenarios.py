"""``batuta scenarios``: what a comparison is held on."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from batuta.cli.command import AppName, Home, Now
from batuta.cli.compare import scenarios_for
from batuta.cli.opening import app_for, settings_for


@dataclass(frozen=True, kw_only=True)
class CheckOptions:
    """What ``batuta scenarios check`` takes."""

    file: Annotated[
        str, typer.Argument(metavar="FILE", help="YAML file, else those that the App brings.")
    ] = ""
    app: AppName = "tennis"
    now: Now = ""
    home: Home = None


def check(options: CheckOptions) -> None:
    """See that scenarios can be read, can fail, and can succeed.

    Whatever must be there before a scenario, and its gold, are done for real on an App of its own.
    """
    asyncio.run(_check(options))


async def _check(options: CheckOptions) -> None:
    from batuta.lab.scenario_checks import check_scenarios

    with TemporaryDirectory(prefix="batuta-lab-") as home:
        settings = settings_for(options.home, options.now)
        settings = replace(settings, home=Path(home), store="sqlite")
        app = await app_for(options.app, settings)
        try:
            found = scenarios_for(app, name=options.app, file=options.file)
            notes = await check_scenarios(found, app, settings)
        finally:
            if app.close is not None:
                await app.close()
    kinds = Counter(each.kind or "no kind" for each in found)
    print(f"{len(found)} scenarios: " + ", ".join(f"{n} {kind}" for kind, n in kinds.items()))
    for note in notes:
        print(f"  {note}")
