"""Turns kept in two stores that know nothing of each other: one save, then the other."""

from __future__ import annotations

from dataclasses import dataclass

from batuta.core.record import RunStore
from batuta.core.session import Session, SessionStore
from batuta.core.turn import KeptTurn
from batuta.errors import Conflict, SessionError

_TRIES = 5


@dataclass(frozen=True, slots=True)
class SeparateTurns:
    """A ``TurnStore`` over any two stores; where the second fails, the first has its part."""

    sessions: SessionStore
    records: RunStore

    async def check(self) -> None:
        """See ``TurnStore.check``: no look at any two stores is as cheap as a turn can bear."""

    async def keep(self, turn: KeptTurn) -> None:
        """See ``TurnStore.keep``."""
        try:
            if turn.session is not None and turn.said:
                await self._add(turn, turn.session)
        except SessionError:
            # Its owner deleted the conversation meanwhile: there is nothing to keep it in.
            return
        finally:
            await self.records.save(turn.record, turn.request_key)

    async def _add(self, turn: KeptTurn, session: Session) -> None:
        """Add the turn to the conversation; where another was faster, add it after that."""
        state = session.state
        for _ in range(_TRIES - 1):
            if any(message.id == turn.said[0].id for message in session.history):
                return  # an earlier attempt of the run did it
            try:
                await self._save(turn, session)
            except Conflict:
                session = await self.sessions.load(session.id, session.principal_id)
                session.state = state
            else:
                return
        await self._save(turn, session)

    async def _save(self, turn: KeptTurn, session: Session) -> None:
        session.history = [*session.history, *turn.said][-turn.most_messages :]
        session.updated_at = turn.updated_at
        await self.sessions.save(session)
