"""A process that saves to stores, saying what it saved, until it is done or killed."""

from __future__ import annotations

import asyncio
import sys
from itertools import count

from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.session import Session
from batuta.core.turn import KeptTurn
from batuta.errors import Conflict, SessionError
from batuta.storage.sqlite import SqliteRuns, SqliteSessions
from batuta.storage.sqlite_turns import SqliteTurns

SESSION, PRINCIPAL = "shared", "ana"


async def main(path: str, name: str, times: int, people: int) -> None:
    async with SqliteSessions(path) as sessions, SqliteRuns(path, keep=100_000) as runs:
        if people:
            await asyncio.gather(*(talk(sessions, runs, f"{name}-p{n}") for n in range(people)))
        for number in range(times):
            said = f"{name}-{number}"
            await add(sessions, said)
            await runs.save(record(said), f"key {said}")
            sys.stdout.write(f"{said}\n")
            sys.stdout.flush()


async def talk(sessions: SqliteSessions, runs: SqliteRuns, person: str) -> None:
    """Keep turns of a conversation of one's own for ever, beside those of others."""
    turns, session = SqliteTurns(sessions, runs), Session(person, PRINCIPAL)
    for number in count():
        said = f"{person}-{number}"
        kept = record(said)
        await turns.keep(KeptTurn(record=kept, session=session, said=[kept.question]))
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()
        session = await sessions.load(person, PRINCIPAL)


def record(said: str) -> RunRecord:
    return RunRecord(
        run_id=said, agent="a", principal_id=PRINCIPAL, question=Message.user(said),
        reply=None, events=(),
    )  # fmt: skip


async def add(sessions: SqliteSessions, said: str) -> None:
    while True:
        try:
            session = await sessions.load(SESSION, PRINCIPAL)
        except SessionError:
            session = Session(SESSION, PRINCIPAL)
        session.history.append(Message.user(said))
        try:
            return await sessions.save(session)
        except Conflict:
            continue


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
