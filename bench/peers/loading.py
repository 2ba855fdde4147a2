"""Loads a program; on the standard library alone, as its start is measured too."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from bench.peers.tasks import Run


def load(file: str) -> ModuleType:
    """Load a program by its file: its name may be that of the package which it shows."""
    spec = importlib.util.spec_from_file_location("program", file)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{file} is no program.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


async def run_of(make: Callable[..., Any], *given: Any) -> Run:
    """Make a program's run; some are made in a loop."""
    made = make(*given)
    return await made if inspect.isawaitable(made) else made
