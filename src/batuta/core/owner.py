"""Which process owns something that outlives it, and whether that process is gone."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def host_name() -> str:
    """Name this machine, and since when it runs: process ids begin anew with it."""
    return f"{socket.gethostname()} {_boot()}"


def began_at(pid: int) -> str:
    """Give when a process began, as the system counts it; empty where nobody says."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return ""
    state, *rest = stat.rpartition(")")[2].split()
    return "ended" if state in "ZX" else rest[18]


def has_ended(host: str, pid: int, began: str) -> bool:
    """Tell whether a process has certainly ended; False for one of another machine."""
    if host != host_name():
        return False
    if pid == os.getpid():
        # An earlier process under the same number, as the first process of a container has it.
        return began_at(pid) != began
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return began_at(pid) != began


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip()
    except OSError:
        return ""
