"""How long tests wait: the one place that gives their clients and limits their seconds.

What is written in a test is what suffices on two quiet cores under ``make test``. A slower machine,
or one that others keep busy, gets more: ``TESTS_PATIENCE=3`` says three times, and where nothing is
said it is measured.
"""

from __future__ import annotations

import os
import time
from functools import cache
from pathlib import Path
from typing import Any

import httpx

LONG_S = 60.0
"""Longer than any answer takes; only what hangs is given up."""

_PER_CORE = 2.0  # what `make test` itself keeps ready to run
_WORK_S = 0.02  # what `_speed` takes where the limits were tried
_MOST = 10.0


def scaled(seconds: float) -> float:
    """Give as many seconds as this machine needs now for what a quiet one does in those given."""
    said = os.environ.get("TESTS_PATIENCE")
    return seconds * (float(said) if said else min(_MOST, max(1.0, _busy()) * _speed()))


def client(**options: Any) -> httpx.AsyncClient:
    """Make an HTTP client that waits as long as this machine may take; ``async with`` closes it."""
    return httpx.AsyncClient(timeout=scaled(LONG_S), trust_env=False, **options)


def plain_client(**options: Any) -> httpx.Client:
    """Make one for code that is not async."""
    return httpx.Client(timeout=scaled(LONG_S), trust_env=False, **options)


def _busy() -> float:
    """Say how many times more processes want a core than under ``make test`` alone."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    ready = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    now = Path("/proc/loadavg")
    if now.exists():  # the average of a minute is slow to tell of a new load
        ready = max(ready, float(now.read_text().split()[3].partition("/")[0]))
    return ready / (cores or 1) / _PER_CORE


@cache
def _speed() -> float:
    """Say how many times slower a core is than where the limits were tried; 1 for a faster one."""
    began = time.process_time()
    sum(n * n for n in range(_WORK))
    return max(1.0, (time.process_time() - began) / _WORK_S)


_WORK = 300_000
