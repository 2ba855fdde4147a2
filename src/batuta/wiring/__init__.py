"""The composition root: the only place that picks runtime, models, stores and clock.

Each name is imported when first used: a bare agent needs a runtime, and no App, style or store.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batuta.models.named import DEFAULT_MODEL
    from batuta.styles import set_up, with_models
    from batuta.wiring.apps import open_app, open_tennis
    from batuta.wiring.assistants import Assistants, Choices, assistant
    from batuta.wiring.clock import clock_at, clock_of
    from batuta.wiring.layers import LAYERS
    from batuta.wiring.model_choice import access_of, default_model, models
    from batuta.wiring.runtime import local_runtime, run, run_sync
    from batuta.wiring.variations import Variation, Variations

_HOMES = {
    "batuta.models.named": ("DEFAULT_MODEL",),
    "batuta.styles": ("set_up", "with_models"),
    "batuta.wiring.apps": ("open_app", "open_tennis"),
    "batuta.wiring.assistants": ("Assistants", "Choices", "assistant"),
    "batuta.wiring.clock": ("clock_at", "clock_of"),
    "batuta.wiring.layers": ("LAYERS",),
    "batuta.wiring.model_choice": ("access_of", "default_model", "models"),
    "batuta.wiring.runtime": ("local_runtime", "run", "run_sync"),
    "batuta.wiring.variations": ("Variation", "Variations"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "DEFAULT_MODEL",
    "LAYERS",
    "Assistants",
    "Choices",
    "Variation",
    "Variations",
    "access_of",
    "assistant",
    "clock_at",
    "clock_of",
    "default_model",
    "local_runtime",
    "models",
    "open_app",
    "open_tennis",
    "run",
    "run_sync",
    "set_up",
    "with_models",
]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
