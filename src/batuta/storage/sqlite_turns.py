"""Turns kept in one transaction, where sessions and run records are in one SQLite file."""

from __future__ import annotations

import sqlite3

from batuta.core.turn import KeptTurn
from batuta.storage.sqlite import SqliteRuns, SqliteSessions


class SqliteTurns:
    """A ``TurnStore`` in the file of sessions and run records: all of a turn, or nothing.

    Args:
        sessions: Where conversations are kept.
        runs: Where records are kept; of the same file.

    Raises:
        ValueError: They are not of one file.
    """

    def __init__(self, sessions: SqliteSessions, runs: SqliteRuns) -> None:
        if not runs.shares_file(sessions):
            raise ValueError("SqliteTurns takes sessions and runs of one file.")
        self._sessions, self._runs = sessions, runs

    async def check(self) -> None:
        """See ``TurnStore.check``: the file must be the one that was opened."""
        await self._runs.look()

    async def keep(self, turn: KeptTurn) -> None:
        """See ``TurnStore.keep``."""
        record = self._runs.writer(turn.record, turn.request_key)
        if turn.session is None or not turn.said:
            await self._runs.write(record)
            return
        added = self._sessions.turn_writer(turn, turn.session)

        def write(db: sqlite3.Connection) -> None:
            added(db)
            record(db)

        await self._runs.write(write)
