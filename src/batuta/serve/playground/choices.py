"""What can be chosen at the playground, and what of it can be used here."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from batuta.errors import DISTRIBUTION, BatutaError
from batuta.errors.public import without_internals
from batuta.serve.http.door import Door, caller_of, door_of
from batuta.serve.http.problems import Answer
from batuta.serve.playground.faults import fault_choices
from batuta.serve.playground.ground import Ground, ground_of
from batuta.styles import Style, takes_framework
from batuta.wiring import default_model, models

MOST_PANES = 4


async def about(request: Request) -> Response:
    """Say what may be known without a key."""
    door, ground = door_of(request), ground_of(request)
    app = door.house.app
    said = {
        "name": app.name,
        "title": app.title or app.name,
        "version": version(DISTRIBUTION),
        "sign_in": door.identity.proves,
        "lab": ground.lab.on,
    }
    return Answer(200, said).response()


async def setup(request: Request) -> Response:
    """Say what can be chosen, and within which limits."""
    caller = await caller_of(request)
    door, ground = door_of(request), ground_of(request)
    house, app, settings = door.house, door.house.app, door.house.settings
    said: dict[str, Any] = {
        "app": {
            "name": app.name,
            "title": app.title or app.name,
            "suggestions": list(app.openings()),
        },
        "person": {"id": caller.id, "name": caller.name},
        "now": house.clock.now().isoformat(),
        "time_zone": app.time_zone,
        "lab": ground.lab.on,
        "styles": _styles(door),
        "frameworks": _frameworks(ground),
        "models": model_choices(ground),
        "budget": budget_of(ground),
        "limits": {
            "message_chars": settings.message_chars,
            "body_bytes": settings.body_bytes,
            "panes": MOST_PANES,
        },
        "store": app.store_view is not None or (ground.lab.on and app.store_reader is not None),
        "copies": copies_of(ground),
        "reports": ground.reports is not None,
        "faults": fault_choices(ground.lab),
        "services": _services(ground),
    }
    return Answer(200, said).response()


def _styles(door: Door) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for key, each in door.house.cast.styles.items():
        style, missing = each.style, without_internals(each.missing())
        made.append(
            {
                "key": key,
                "name": style.name,
                "decides": style.decides,
                "runs": style.runs,
                "when": style.when,
                "kind": "composition" if style.kind == "composition" else "style",
                "available": not missing,
                "missing": missing or None,
                "default": each is door.default,
                "frameworks": takes_framework(style) and style.runs != "managed",
                "models": takes_model(style),
                "copies": style.runs == "shared",
                "elsewhere": elsewhere(style),
            }
        )
    return made


def takes_model(style: Style) -> bool:
    """Tell whether a model answers in this process, so that a pane can have one of its own."""
    return style.runs == "shared" or (style.runs == "independent" and takes_framework(style))


def elsewhere(style: Style) -> str | None:
    """Say what of a style a pane cannot set, as it runs elsewhere; None for nothing."""
    if style.runs == "managed":
        return "AWS holds the loop, with the model that is set there"
    if style.runs != "independent":
        return None
    if takes_model(style):
        return "model and framework are the manager's; its specialists run apart, with their own"
    return "its agents run apart, with the models that are set there"


def copies_of(ground: Ground) -> dict[str, Any]:
    """Say whether each pane can have the App's data for itself, and whether it does unasked."""
    missing = ground.no_copies()
    durable = bool(ground.house.settings.durable)
    return {
        "available": not missing,
        "missing": missing or None,
        "default": not missing and not durable,
    }


def _frameworks(ground: Ground) -> list[dict[str, Any]]:
    usual = ground.house.settings.framework
    return [
        {
            "name": name,
            "available": not missing,
            "missing": missing or None,
            "default": name == usual,
        }
        for name, missing in ground.variations.frameworks().items()
    ]


def model_choices(ground: Ground) -> list[dict[str, Any]]:
    """List the models that this server names, and the stand-in."""
    app, settings = ground.house.cast.app, ground.house.settings
    usual = default_model(app, settings)
    named = [usual, settings.default_model, *settings.models.values(), *app.models.values()]
    names = dict.fromkeys([*(n for n in named if isinstance(n, str)), STAND_IN])
    return [
        {
            "name": name,
            "available": not missing,
            "missing": missing or None,
            "default": name == usual,
            "stand_in": name == STAND_IN,
        }
        for name, missing in ((name, model_lacks(name, ground)) for name in names)
    ]


def model_lacks(name: str, ground: Ground) -> str:
    """Say why a model cannot be used here; empty where it can, as far as is known unasked.

    Who is at the lab runs the server, and is told all; others are told that it is so.
    """
    try:
        models(name, ground.house.settings)()
    except BatutaError as error:
        return str(error) if ground.lab.on else "It is not set up on this server."
    return ""


def budget_of(ground: Ground) -> dict[str, float | int | None]:
    """Give what a run may use at most."""
    budget = ground.house.budget()
    return {name: getattr(budget, name) for name in BUDGETED}


def _services(ground: Ground) -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "style": style,
            "up": each.ready,
            "starts": each.starts,
        }
        for style, services in ground.lab.services().items()
        for each in services
    ]


STAND_IN = "offline:rules"
BUDGETED = ("cost_usd", "seconds", "model_calls", "tool_calls", "tokens", "depth")
