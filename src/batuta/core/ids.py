"""The port for identifiers: the only place that makes random ones."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable

_PREFIX_BYTES = 8
_counter = itertools.count(int.from_bytes(os.urandom(3)))
_process = os.urandom(_PREFIX_BYTES).hex()


def _renew() -> None:
    global _process
    _process = os.urandom(_PREFIX_BYTES).hex()


os.register_at_fork(after_in_child=_renew)


_source: Callable[[], str] | None = None


def new_id(prefix: str) -> str:
    """Make an identifier such as ``run_5f0c…``: unique over processes, not a secret."""
    if _source is None:
        return f"{prefix}_{_process}{next(_counter)}"
    return f"{prefix}_{_source()}"


def new_secret() -> str:
    """Make a secret that nobody can guess: 64 characters, of 32 random bytes."""
    return os.urandom(32).hex()


def set_source(source: Callable[[], str] | None) -> None:
    """Replace the source of uniqueness, for tests that want the same ids; None restores it."""
    global _source
    _source = source
