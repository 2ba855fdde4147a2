"""A process that saves to stores, saying what it saved, until it is done or killed."""

from __future__ import annotations

import asyncio
import sys

from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.session import Session
from batuta.errors import Conflict, SessionError
from batuta.storage.sqlite import SqliteRuns, SqliteSessions

SESSION, PRINCIPAL = "shared", "ana"


async def main(path: str, name: str, count: int) -> None:
    async with SqliteSessions(path) as sessions, SqliteRuns(path, keep=100_000) as runs:
        for number in range(count):
            said = f"{name}-{number}"
            await add(sessions, said)
            question = Message.user(said)
            await runs.save(
                RunRecord(
                    run_id=said, agent="a", principal_id=PRINCIPAL, question=question,
                    reply=None, events=(),
                ),
                f"key {said}",
            )  # fmt: skip
            sys.stdout.write(f"{said}\n")
            sys.stdout.flush()


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
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
