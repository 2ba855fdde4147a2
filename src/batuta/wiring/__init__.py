"""The composition root: the only place that picks runtime, models, stores and clock."""

from batuta.models.named import DEFAULT_MODEL
from batuta.styles import with_models
from batuta.wiring.apps import open_app, open_tennis
from batuta.wiring.assistants import Assistants, Choices, assistant
from batuta.wiring.clock import clock_at, clock_of
from batuta.wiring.model_choice import access_of, default_model, models
from batuta.wiring.runtime import LAYERS, local_runtime, run, run_sync

__all__ = [
    "DEFAULT_MODEL",
    "LAYERS",
    "Assistants",
    "Choices",
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
    "with_models",
]
