"""What is dear to make and can be told as JSON: made once a run, for all its workers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


def run_folder(factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the run, in which each worker has one of its own."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let no other worker of the run be here with this path."""
    import fcntl  # Linux and macOS have it

    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[], Any]) -> Any:
    """Make it, or wait for the worker that does; gives what was made as JSON has it."""
    file = run_folder(factory) / f"{name}.json"
    with alone(file):
        if not file.exists():
            file.write_text(json.dumps(make()), "utf-8")
    return json.loads(file.read_text("utf-8"))
