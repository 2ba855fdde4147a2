"""Sessions that a client names itself, as some protocols have it: each caller's names are apart."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass

from batuta.core.session import Session, SessionStore
from batuta.errors import Conflict, SessionError


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedSessions:
    """Finds them.

    Args:
        owner: The door whose names they are.
    """

    sessions: SessionStore
    owner: str

    async def session_of(self, name: str, principal_id: str) -> str:
        """Give the id of the session of a name, made when it is first used."""
        session_id = self.id_of(name, principal_id)
        try:
            await self.sessions.load(session_id, principal_id)
        except SessionError:
            with suppress(Conflict):  # somebody made it at the same moment
                await self.sessions.save(Session(session_id, principal_id))
        return session_id

    def id_of(self, name: str, principal_id: str) -> str:
        """Give the id: nobody can guess one of another caller's into theirs."""
        plain = f"{self.owner}\x1f{principal_id}\x1f{name}"
        return f"ses_{hashlib.sha256(plain.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
