"""Who works on something that is kept in a store, and whether they still do."""

from __future__ import annotations

import json
import os

from batuta.core.owner import began_at, has_ended, host_name

LEASE_S = 15.0
"""Seconds of silence after which a process of another machine counts as dead."""
LIVE: set[str] = set()
"""The tokens of this process's claims, in whichever store they are."""
_ELSEWHERE_S = 60.0


def owner_of(token: str = "") -> str:
    """Name this process, and one claim of it."""
    pid = os.getpid()
    return json.dumps([host_name(), pid, began_at(pid), token])


def is_free(owner: str, silent_s: float) -> bool:
    """Tell whether nobody works on a request any more.

    Args:
        owner: As ``owner_of`` names it; empty for nobody.
    """
    if not owner or silent_s > LEASE_S:
        return True
    host, pid, began, token = json.loads(owner)
    if has_ended(host, pid, began):
        return True
    return host == host_name() and pid == os.getpid() and token not in LIVE


def is_left(owner: str, silent_s: float) -> bool:
    """Tell whether a write's run has ended with its process, or is one of this process's own."""
    host, pid, began, _ = json.loads(owner)
    if host != host_name():
        return silent_s > _ELSEWHERE_S
    return pid == os.getpid() or has_ended(host, pid, began)
