"""``batuta styles``: the control styles and the App's compositions, and which can run here."""

from __future__ import annotations

import asyncio
import json as json_format
from dataclasses import dataclass
from typing import Any

from batuta.cli.command import AppName, Home, Json
from batuta.cli.opening import app_for, settings_for
from batuta.errors import called


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

    from batuta.cli.view.screen import DIM, GOOD, HEAD, put, put_commands, screen, table, text
    from batuta.styles import label_of

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
    name = called()
    said = f"\n{name} demo runs them all; {name} chat --style {first} talks to one."
    console.print(text(said, DIM), soft_wrap=True)


async def _rows(options: StylesOptions) -> list[dict[str, Any]]:
    from batuta.styles import resolve

    settings = settings_for(options.home)
    app = await app_for(options.app, settings)
    try:
        rows: list[dict[str, Any]] = []
        for each in resolve(app, settings).styles.values():
            missing = each.missing()
            here = {"available": not missing, "missing": missing, "install": each.install}
            rows.append({**each.style.to_json(), **here})
        return rows
    finally:
        if app.close is not None:
            await app.close()
