"""``batuta styles``: the control styles and the App's compositions, and which can run here."""

from __future__ import annotations

import asyncio
import json as json_format
from dataclasses import asdict, dataclass
from typing import Any

from batuta.cli.command import AppName, Home, Json
from batuta.cli.opening import app_for, settings_for


@dataclass(frozen=True, kw_only=True)
class StylesOptions:
    """What ``batuta styles`` takes."""

    app: AppName = "tennis"
    json: Json = False
    home: Home = None


def styles(options: StylesOptions) -> None:
    """List the control styles: who decides, and which run here."""
    rows = asyncio.run(_rows(options))
    if options.json:
        print(json_format.dumps(rows, indent=2, ensure_ascii=False))
        return
    from rich.text import Text

    from batuta.catalog import label_of
    from batuta.cli.view.screen import DIM, GOOD, HEAD, put, put_commands, screen, table, text

    console = screen()
    shown = table(console, "", "style", "who decides, and what it is for", "here")
    for row in rows:
        here = Text("yes", GOOD) if row["available"] else Text("no", DIM)
        about = text(row["decides"]).append_text(text(f"\n{row['when']}", DIM))
        if row["missing"]:
            about.append_text(text(f"\n({row['missing']})", DIM))
        shown.add_row(text(label_of(row["key"]), HEAD), row["name"], about, here)
    put(console, shown)
    put_commands(console, [row["install"] for row in rows])
    first = next((row["key"] for row in rows if row["available"]), "d")
    console.print(
        text(f"\nbatuta demo runs them all; batuta chat --style {first} talks to one.", DIM)
    )


async def _rows(options: StylesOptions) -> list[dict[str, Any]]:
    from batuta.placement import missing_here
    from batuta.styles import install_for, styles_of

    settings = settings_for(options.home)
    app = await app_for(options.app, settings)
    try:
        there = styles_of(app)
        missing = {p.key: missing_here(p.key, app, settings) for p in there}
        return [
            {
                **asdict(p),
                "available": not missing[p.key],
                "missing": missing[p.key],
                "install": "" if p.key in app.compositions else install_for(p.key),
            }
            for p in there
        ]
    finally:
        if app.close is not None:
            await app.close()
