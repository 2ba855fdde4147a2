"""Branches of a conversation: what was said before one of its messages, to be gone on from there.

A conversation holds its style's newest state alone. Where a branch may be wanted, the state before
a message is kept beside it, under a name that no caller can have, and forgotten with it.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batuta.core.attachment_store import attachments_in, filled
from batuta.core.ids import new_id
from batuta.core.session import Session
from batuta.errors import Conflict, SessionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batuta.core.attachment_store import AttachmentStore
    from batuta.core.message import Message
    from batuta.core.session import SessionStore

_MOST = 100  # states of one conversation, the newest


@dataclass(frozen=True, kw_only=True, slots=True)
class Branches:
    """Makes them on a house's own stores."""

    sessions: SessionStore
    attachments: AttachmentStore

    async def mark(self, session: Session) -> None:
        """Keep what a style has gathered in a conversation by now."""
        if not session.state:
            return
        marks = await self._marks(session.id, session.principal_id)
        if marks is None:
            marks = Session(_name(session.id), _owner(session.principal_id))
        known = {**marks.state, _place(session.history): session.state}
        marks.state = dict([*known.items()][-_MOST:])
        with suppress(Conflict):  # the same conversation, gone on with twice at once
            await self.sessions.save(marks)

    async def branch(self, session: Session, before: int, updated_at: str) -> Session:
        """Make and keep a conversation of what came before a message; that one stays as it is.

        Args:
            before: The message's place.
        """
        kept = session.history[:before]
        made = Session(new_id("ses"), session.principal_id, kept, updated_at=updated_at)
        marks = await self._marks(session.id, session.principal_id)
        if marks is not None:
            state: dict[str, Any] = marks.state.get(_place(kept), {})
            made.state = {**state}
        if lacking := attachments_in(kept, there=False):
            digests = [*lacking]
            contents = await self.attachments.get(session.id, session.principal_id, digests)
            shown = attachments_in(filled(kept, contents), there=True)
            await self.attachments.put(made.id, made.principal_id, [*shown.values()])
        await self.sessions.save(made)
        return made

    async def forget(self, session_id: str, principal_id: str) -> None:
        """Forget what is kept beside a conversation."""
        with suppress(SessionError):  # nothing is
            await self.sessions.delete(_name(session_id), _owner(principal_id))

    async def _marks(self, session_id: str, principal_id: str) -> Session | None:
        with suppress(SessionError):
            return await self.sessions.load(_name(session_id), _owner(principal_id))
        return None


def _place(history: Sequence[Message]) -> str:
    """Name the place after what was said; it stays the same where older messages are dropped."""
    return history[-1].id if history else ""


def _name(session_id: str) -> str:
    return f"marks_{_digest(session_id)}"


def _owner(principal_id: str) -> str:
    return f"branches/{_digest(principal_id)}"


def _digest(plain: str) -> str:
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:40]
