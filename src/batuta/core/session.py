"""A conversation, and the protocol of what keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from batuta.core.message import Message


def no_messages() -> list[Message]:
    """Make an empty history."""
    return []


def no_state() -> dict[str, Any]:
    """Make an empty state."""
    return {}


@dataclass(slots=True)
class Session:
    """One conversation of one principal.

    Args:
        history: What was said, tool calls and results included, oldest first.
        state: JSON-able values that a control style keeps between turns.
        version: Count of saves; a store refuses to save over a newer one.
    """

    id: str
    principal_id: str
    history: list[Message] = field(default_factory=no_messages)
    state: dict[str, Any] = field(default_factory=no_state)
    version: int = 0
    updated_at: str = ""


class SessionStore(Protocol):
    """Keeps sessions; each is visible to its own principal alone."""

    async def load(self, session_id: str, principal_id: str) -> Session:
        """Read one session, as an object of the caller's own to change.

        Raises:
            SessionError: There is none of that id for that principal.
        """
        ...

    async def save(self, session: Session) -> None:
        """Write a session and raise its version by one.

        Raises:
            Conflict: It was saved by somebody else since it was loaded.
            SessionError: The id belongs to another principal.
        """
        ...

    async def list(self, principal_id: str, limit: int = 100) -> Sequence[Session]:
        """List a principal's sessions, newest first, without their history."""
        ...

    async def delete(self, session_id: str, principal_id: str) -> None:
        """Remove one session.

        Raises:
            SessionError: There is none of that id for that principal.
        """
        ...


def recent(history: Sequence[Message], limit: int) -> list[Message]:
    """Take the last messages, never opening with a tool result whose call was cut away."""
    cut = list(history[-limit:]) if limit > 0 else []
    while cut and cut[0].role != "user":
        cut.pop(0)
    return cut
