"""The composition root: the only place that picks runtime, models, stores and clock.

Each name is imported when first used: a bare agent needs a runtime, and no App, style or store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batuta.core.lazy import lazy_names

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

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
