"""``batuta models``: which models are configured, which answer, and what they cost."""

from __future__ import annotations

import asyncio
import json as json_format
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batuta.cli.command import Home, Json
from batuta.cli.opening import settings_for
from batuta.cli.view.errors import Failed, exit_code_of, line_of
from batuta.errors import BatutaError, ModelError

if TYPE_CHECKING:
    from batuta.core.price import Price
    from batuta.settings import Settings

_PATIENCE_S = 20.0
_FIGURES = ("in", "cached", "out")
_FEWEST_TOKENS = 16  # OpenAI takes no fewer


@dataclass(frozen=True, kw_only=True)
class ModelsOptions:
    """What ``batuta models`` takes."""

    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Look at these too, as provider:model."),
    ] = None
    check: Annotated[
        bool, typer.Option("--check", help="Ask each one something short; may cost a little.")
    ] = False
    json: Json = False
    home: Home = None


def models(options: ModelsOptions) -> None:
    """List the models: which are set, which answer, what they cost.

    Makes no call without --check.
    """
    settings = settings_for(options.home)
    rows = asyncio.run(_rows(settings, options.names or [], check=options.check))
    if options.json:
        providers = [_provider(name, settings) for name in _providers()]
        shown = {"models": rows, "providers": providers}
        print(json_format.dumps(shown, indent=2, ensure_ascii=False))
    else:
        _show(rows, settings)
    if any(row["error"] for row in rows):
        raise Failed(exit_code_of(ModelError("", "")))


async def _rows(settings: Settings, names: list[str], *, check: bool) -> list[dict[str, Any]]:
    used = {settings.default_model: ["default"]}
    for place, name in settings.models.items():
        if place != "default":
            used.setdefault(name, []).append(place)
    for name in names:
        used.setdefault(name, [])
    return [await _row(name, places, settings, check=check) for name, places in used.items()]


async def _row(
    name: str, used_for: list[str], settings: Settings, *, check: bool
) -> dict[str, Any]:
    from batuta.telemetry.prices import default_prices

    row: dict[str, Any] = {
        "name": name,
        "used_for": used_for,
        "answered": None,
        "seconds": None,
        "tools": None,
        "error": "",
        "price": _priced(default_prices(settings.prices).price(name)),
    }
    try:
        row |= await _asked(name, settings) if check else _made(name, settings)
    except BatutaError as error:
        row["error"] = line_of(error)
    return row


def _made(name: str, settings: Settings) -> dict[str, Any]:
    """Make the model, which finds what is missing, and ask it nothing."""
    from batuta.wiring import models as pick_models

    pick_models(name, settings)()
    return {}


async def _asked(name: str, settings: Settings) -> dict[str, Any]:
    """Ask a model something short; give who answered and how long it took."""
    from batuta.core.message import Message
    from batuta.core.model import ModelRequest
    from batuta.wiring import clock_of
    from batuta.wiring import models as pick_models

    clock = clock_of(settings)
    patient = replace(settings, model_seconds=min(settings.model_seconds, _PATIENCE_S))
    picks = pick_models(name, patient)
    try:
        model = picks()
        await picks.connect()  # loading an SDK takes longer than many an answer
        began = clock.monotonic()
        asked = ModelRequest([Message.user("Say ok.")], max_output_tokens=_FEWEST_TOKENS)
        reply = await model.reply(asked)
        took = clock.monotonic() - began
        able = await picks.abilities()
    finally:
        await picks.aclose()
    return {
        "answered": reply.model or name,
        "seconds": round(took, 2),
        "tools": all(each.tools is not False for each in able.values()),
    }


def _priced(price: Price | None) -> dict[str, Any] | None:
    return None if price is None else asdict(price)


def _providers() -> list[str]:
    from batuta.models.vendors import PROVIDERS

    return list(PROVIDERS)


def _provider(name: str, settings: Settings) -> dict[str, Any]:
    """Say whether a provider could be used; makes no call."""
    from batuta.models.vendors import PROVIDERS, missing_here
    from batuta.wiring import access_of

    missing = missing_here(name, access_of(name, settings))
    return {
        "name": name,
        "speaks": PROVIDERS[name].about,
        "ready": missing is None,
        "missing": missing.what if missing else "",
        "mend": missing.mend if missing else "",
    }


def _show(rows: list[dict[str, Any]], settings: Settings) -> None:
    from rich.text import Text

    from batuta.cli.view.screen import BAD, DIM, GOOD, HEAD, put, screen, table, tell, text

    console = screen()
    shown = table(console, "model", "for", "state", "in", "cached", "out", right=_FIGURES)
    for row in rows:
        state = text(row["error"], BAD) if row["error"] else text(_state(row), GOOD)
        name = text(row["name"], HEAD)
        shown.add_row(name, ", ".join(row["used_for"]), state, *_price(row["price"]))
    put(console, shown)
    console.print(text("\nUS$ for a million tokens of input, cached input and output.", DIM))
    for row in rows:
        source = row["price"]["source"] if row["price"] else "not known to any list here"
        tell(console, f"{row['name']}: {source}", DIM)
    console.print()
    shown = table(console, "provider", "speaks", "here")
    for name in _providers():
        provider = _provider(name, settings)
        here = Text("ready", GOOD)
        if not provider["ready"]:
            here = text(f"{provider['missing']}\n{provider['mend']}", DIM)
        shown.add_row(text(name, HEAD), provider["speaks"], here)
    put(console, shown)


def _state(row: dict[str, Any]) -> str:
    if row["seconds"] is None:
        return "set"
    said = f"{row['answered']} answered in {row['seconds']:.2f} s"
    return said if row["tools"] else f"{said}; its server shows it no tools"


def _price(price: dict[str, Any] | None) -> tuple[str, str, str]:
    """Write a price as three figures; a plus for more where the input is long."""
    if price is None:
        return "?", "?", "?"
    more = "+" if price["above"] else ""
    cached = price["input_usd"] if price["cached_usd"] is None else price["cached_usd"]
    return f"{price['input_usd']:g}{more}", f"{cached:g}{more}", f"{price['output_usd']:g}{more}"
