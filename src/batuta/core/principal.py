"""Who is asking: set by the door, never chosen by a model."""

from __future__ import annotations

from dataclasses import dataclass

READ = "read"
WRITE = "write"


@dataclass(frozen=True, slots=True)
class Principal:
    """A known caller.

    Args:
        id: Stable identifier; sessions, bookings and records belong to it.
        name: What to call them; empty where unknown.
        permissions: Effects that the caller may cause: read, write.
    """

    id: str
    name: str = ""
    permissions: frozenset[str] = frozenset({READ, WRITE})


LOCAL = Principal("local", "Local user")
"""The person at this machine: the identity of the CLI and of a library call without another."""
