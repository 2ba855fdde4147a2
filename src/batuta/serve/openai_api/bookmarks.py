"""Where conversations stood, by what a client knows of them: found again, and forked.

A client of this kind sends all that was said each time, or the id of a response. A bookmark says
which session held just that, and how long it was then. Bookmarks are kept where sessions are, for
as long, under a name that no caller can have.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from batuta.core.message import Message
from batuta.core.session import Session, SessionStore
from batuta.errors import Conflict, SessionError

_TRIES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Bookmarks:
    """Keeps them, each principal's apart."""

    sessions: SessionStore

    async def find(self, principal_id: str, name: str) -> Mapping[str, Any] | None:
        """Give what a bookmark holds; None where there is none."""
        try:
            found = await self.sessions.load(_id(principal_id, name), _owner(principal_id))
        except SessionError:
            return None
        return found.state

    async def keep(self, principal_id: str, name: str, held: Mapping[str, Any]) -> None:
        """Set a bookmark, in the place of an earlier one of that name."""
        session = Session(_id(principal_id, name), _owner(principal_id), state={**held})
        for _ in range(_TRIES):
            try:
                await self.sessions.save(session)
            except Conflict:
                session = await self._there(session)
            else:
                return
        raise Conflict("A bookmark")

    async def drop(self, principal_id: str, name: str) -> bool:
        """Remove a bookmark; False where there is none."""
        try:
            await self.sessions.delete(_id(principal_id, name), _owner(principal_id))
        except SessionError:
            return False
        return True

    async def _there(self, session: Session) -> Session:
        """Give it with the version of what stands there; with none where that expired meanwhile."""
        with suppress(SessionError):
            version = (await self.sessions.load(session.id, session.principal_id)).version
            return Session(session.id, session.principal_id, [], session.state, version)
        return Session(session.id, session.principal_id, state=session.state)


def digest(*told: str, talk: Sequence[Message] = ()) -> str:
    """Give the name of what was said; spaces and line ends make no difference, as clients trim."""
    said = [[message.role, " ".join(message.text.split())] for message in talk]
    plain = json.dumps([told, said], ensure_ascii=True)
    return hashlib.sha256(plain.encode("ascii")).hexdigest()[:40]


def _owner(principal_id: str) -> str:
    hashed = hashlib.sha256(principal_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"openai_api/{hashed}"


def _id(principal_id: str, name: str) -> str:
    return f"mark_{digest(principal_id, name)}"
