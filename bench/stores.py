"""What keeping costs: turns of many conversations, and documents added, beside plain SQLite.

Run: ``make bench``. The machine may be shared: compare the ratios, which are taken round by round.
A turn beside it is kept as it was before: two connections, a commit in each, the history rewritten.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from batuta.core.message import Message, ToolCall
from batuta.core.record import RunRecord
from batuta.core.session import Session
from batuta.core.trace import Event
from batuta.core.turn import KeptTurn
from batuta.parts.documents import Document
from batuta.storage.documents_sqlite import SqliteDocuments
from batuta.storage.sqlite import SqliteRuns, SqliteSessions
from batuta.storage.sqlite_turns import SqliteTurns
from bench.timing import Row

PEOPLE = 50
TURNS = 6
ROUNDS = 5
DOCUMENTS = 2_000
LEAST_TURNS = 5.0
MOST_DOCUMENTS = 1.5
_INTO = ("INSERT OR REPLACE INTO sessions VALUES (?, ?)", "INSERT INTO runs VALUES (?, ?)")
Keep = Callable[[Session, RunRecord, list[Message]], Awaitable[None]]


def _record(run_id: str, said: list[Message]) -> RunRecord:
    events = tuple(
        Event(
            *(seq, "tool", "end", f"1.{seq}", "1", "check_availability", "agent", seq / 10),
            {"result": {"open": ["2026-03-02T15:00/A", "2026-03-02T15:00/B"], "note": "x" * 120}},
        )
        for seq in range(10)
    )
    return RunRecord(
        run_id=run_id,
        agent="a",
        principal_id="ana",
        question=said[0],
        reply=said[-1],
        events=events,
        steps=tuple(said[1:-1]),
    )


def _said(number: int) -> list[Message]:
    call = ToolCall(f"c{number}", "check_availability", {"date": "2026-03-02", "time": "15:00"})
    return [
        Message.user("Which courts are free tomorrow at three?"),
        Message("assistant", "", tool_calls=(call,)),
        Message.tool(call, "Courts A and B are open.", {"open": ["A", "B"]}),
        Message.assistant("Courts A and B are free tomorrow at 15:00. Which one?"),
    ]


class _Apart:
    """Two files' worth of commits for each turn, as two stores with a connection each make them."""

    def __init__(self, path: Path) -> None:
        self._threads = [ThreadPoolExecutor(1), ThreadPoolExecutor(1)]
        self._dbs = [
            sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=60)
            for _ in self._threads
        ]
        for db in self._dbs:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
        self._dbs[0].execute("CREATE TABLE sessions (id TEXT PRIMARY KEY, history TEXT)")
        self._dbs[0].execute("CREATE TABLE runs (id TEXT PRIMARY KEY, record TEXT)")

    async def keep(self, session: Session, record: RunRecord, said: list[Message]) -> None:
        session.history += said
        loop = asyncio.get_running_loop()
        history = [message.to_json() for message in session.history]
        await loop.run_in_executor(self._threads[0], self._write, 0, session.id, history)
        await loop.run_in_executor(
            self._threads[1], self._write, 1, record.run_id, record.to_json()
        )

    def _write(self, which: int, key: str, value: object) -> None:
        self._dbs[which].execute(_INTO[which], (key, json.dumps(value)))

    def close(self) -> None:
        for db, thread in zip(self._dbs, self._threads, strict=True):
            db.close()
            thread.shutdown()


async def _seconds(keep: Keep, turns: int) -> float:
    """Give how long it takes until everybody's turns are kept."""

    async def talk(person: str) -> None:
        session = Session(person, "ana")
        for number in range(turns):
            said = _said(number)
            await keep(session, _record(f"{person}-{number}", said), said)
            session.version += 1

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(PEOPLE):
            group.create_task(talk(f"p{number}"))
    return time.perf_counter() - began


async def _apart(folder: Path) -> float:
    apart = _Apart(folder / "apart.db")
    try:
        return PEOPLE * TURNS / await _seconds(apart.keep, TURNS)
    finally:
        apart.close()


async def _ours(folder: Path) -> float:
    path = folder / "ours.db"
    async with SqliteSessions(path) as sessions, SqliteRuns(path) as runs:
        turns = SqliteTurns(sessions, runs)

        async def keep(session: Session, record: RunRecord, said: list[Message]) -> None:
            await turns.keep(KeptTurn(record=record, session=session, said=said))

        return PEOPLE * TURNS / await _seconds(keep, TURNS)


async def _turns() -> list[Row]:
    pairs: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(prefix="batuta-bench-") as name:
            pairs.append((await _apart(Path(name)), await _ours(Path(name))))
    apart, ours = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    ratio = statistics.median(theirs / mine for theirs, mine in pairs)
    what = f"SQLite, {PEOPLE} people at once"
    return [
        Row(f"{what}: two connections, a commit each", f"{apart:.0f} turns/s"),
        Row(f"{what}: a turn in one go", f"{ours:.0f} turns/s"),
        Row(f"{what}: time of ours beside that", f"{ratio:.2f} times", 1 / LEAST_TURNS),
    ]


def _texts() -> list[str]:
    words = [f"word{number % 997} tells of court{number % 31} and weather" for number in range(60)]
    return [" ".join(words[n % 60 :] + words[: n % 40]) for n in range(DOCUMENTS)]


def _plain(path: Path, texts: list[str]) -> float:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    tokens = "porter unicode61 remove_diacritics 2"
    db.execute(f"CREATE VIRTUAL TABLE words USING fts5 (id UNINDEXED, text, tokenize = '{tokens}')")
    rows = [(f"d{number}", text) for number, text in enumerate(texts)]
    began = time.thread_time()
    db.execute("BEGIN IMMEDIATE")
    db.executemany("INSERT INTO words VALUES (?, ?)", rows)
    db.execute("COMMIT")
    spent = time.thread_time() - began
    db.close()
    return spent / len(texts) * 1e6


async def _added(path: Path, texts: list[str]) -> float:
    documents = [
        Document(id=f"d{n}", text=text, metadata={"topic": f"t{n % 7}"})
        for n, text in enumerate(texts)
    ]
    async with SqliteDocuments(path) as store:
        began = time.process_time()
        await store.add(documents)
        return (time.process_time() - began) / len(texts) * 1e6


async def _documents() -> list[Row]:
    texts, pairs = _texts(), list[tuple[float, float]]()
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(prefix="batuta-bench-") as name:
            plain = _plain(Path(name) / "plain.db", texts)
            pairs.append((plain, await _added(Path(name) / "ours.db", texts)))
    plain, ours = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    ratio = statistics.median(mine / theirs for theirs, mine in pairs)
    return [
        Row("A document added to plain FTS5", f"{plain:.0f} us CPU"),
        Row("A document added to SqliteDocuments", f"{ours:.0f} us CPU"),
        Row("Documents added: ours beside plain", f"{ratio:.2f} times", MOST_DOCUMENTS),
    ]


async def main() -> None:
    """Measure and print."""
    for row in [*await _turns(), *await _documents()]:
        print(row)


if __name__ == "__main__":
    asyncio.run(main())
