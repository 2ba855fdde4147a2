"""``batuta doctor``: what works here, what does not, and how to mend it."""

from __future__ import annotations

import asyncio
import json as json_format
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from batuta.cli.command import AppName, Home, Json, Now
from batuta.cli.view.errors import Failed, exit_code_of
from batuta.errors import ConfigError, called

if TYPE_CHECKING:
    from batuta.cli.checks import Point


@dataclass(frozen=True, kw_only=True)
class DoctorOptions:
    """What ``batuta doctor`` takes."""

    app: AppName = "tennis"
    json: Json = False
    now: Now = ""
    home: Home = None


def doctor(options: DoctorOptions) -> None:
    """Check what works here, and say how to mend what does not.

    Leaves with 0 where everything that the defaults need works.
    """
    from batuta.cli.checks import FAILED, examine

    checks = asyncio.run(examine(options.app, options.home, options.now))
    if options.json:
        works = all(check.state != FAILED for check in checks)
        shown = {"works": works, "checks": [asdict(check) for check in checks]}
        print(json_format.dumps(shown, indent=2, ensure_ascii=False))
    else:
        _show(checks)
    if any(check.state == FAILED for check in checks):
        raise Failed(exit_code_of(ConfigError("", "")))


def _show(checks: list[Point]) -> None:
    from rich.table import Table

    from batuta.cli.checks import FAILED, OK
    from batuta.cli.view.screen import BAD, DIM, GOOD, put, put_commands, screen, text

    console = screen()
    grid = Table.grid(padding=(0, 2, 0, 0))
    for check in checks:
        style = {OK: GOOD, FAILED: BAD}.get(check.state, "yellow")
        said = text(check.found)
        if check.mend:
            said.append(f"\n{check.mend}", DIM)
        grid.add_row(text(check.state, style), text(check.name), said)
    put(console, grid)
    put_commands(console, [check.command for check in checks])
    wrong = sum(check.state == FAILED for check in checks)
    end = f"Try: {called()} demo" if not wrong else f"{wrong} to mend, marked {FAILED}."
    console.print(text(f"\n{end}", "" if wrong else DIM))
