"""Questions to people that outlive the process which put them."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from batuta.core.message import Message
from batuta.core.people import Question
from batuta.errors import ConfigError
from batuta.parts.approval import nobody_waits
from batuta.runtimes.durable.journal import Journal, Wish
from batuta.runtimes.durable.serialization import write
from batuta.runtimes.durable.store import Store

_Key = tuple[str, str]


class DurablePeople:
    """The questions of this process's runs; they stand in the database with their answers.

    Args:
        journals: Those of the runs that are on here.
    """

    def __init__(self, store: Store, journals: Mapping[str, Journal]) -> None:
        self._store, self._journals = store, journals
        self._waiting: dict[_Key, tuple[asyncio.AbstractEventLoop, asyncio.Future[Any]]] = {}

    async def ask(self, question: Question) -> Message:
        """Wait for the answer, in this attempt or a later one."""
        journal = self._journals.get(question.run_id)
        if journal is None:
            raise ConfigError(
                f"Run {question.run_id} is no durable one", "Run it on the durable runtime."
            )
        journal.asked = True
        words = f"{question.person}|{question.message.text}"
        wish = Wish("person", question.span, hashlib.sha256(words.encode()).hexdigest()[:16])
        topic = journal.name(wish)
        return Message.from_json(
            await journal.once(wish, lambda: self._answer(question, topic), name=topic)
        )

    async def _answer(self, question: Question, topic: str) -> Any:
        key = (question.run_id, topic)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._waiting[key] = loop, answer
        try:
            await asyncio.to_thread(put, self._store, question, topic)
            return await answer
        finally:
            self._waiting.pop(key, None)

    def deliver(self) -> None:
        """Give the answers that have come to those who wait for them; from any thread."""
        waiting = dict(self._waiting)
        if not waiting:
            return
        sql = (
            "SELECT run_id, topic, answer FROM batuta_questions "
            "WHERE answer IS NOT NULL AND run_id IN :runs"
        )
        for run_id, topic, answer in self._store.all(sql, runs=sorted({run for run, _ in waiting})):
            loop, future = waiting.get((run_id, topic), (None, None))
            if loop is not None and future is not None:
                loop.call_soon_threadsafe(_settle, future, json.loads(answer))


def _settle(future: asyncio.Future[Any], answer: Any) -> None:
    if not future.done():
        future.set_result(answer)


def put(store: Store, question: Question, topic: str) -> None:
    """Write a question down, unless an earlier attempt did."""
    sql = (
        "INSERT INTO batuta_questions (run_id, topic, person, question, asked) "
        "VALUES (:run, :topic, :person, :question, now_s()) "
        "ON CONFLICT (run_id, topic) DO NOTHING"
    )
    words = write(question.message.to_json())
    store.change(sql, run=question.run_id, topic=topic, person=question.person, question=str(words))


def answer_question(store: Store, run_id: str, text: str, *, person: str = "") -> None:
    """Answer the oldest open question of a run; of two answers at once the first one counts.

    Args:
        person: Who answers; empty takes a question to anybody.

    Raises:
        InvalidInput: The run waits for nobody, or not for this one.
    """
    answer = str(write(Message.user(text).to_json()))
    for waits in open_questions(store, [run_id]):
        if person in {"", waits["person"]}:
            sql = (
                "UPDATE batuta_questions SET answer = :answer "
                "WHERE run_id = :run AND topic = :topic AND answer IS NULL"
            )
            if store.change(sql, run=run_id, topic=waits["topic"], answer=answer):
                return
    raise nobody_waits(run_id, person)


def open_questions(store: Store, run_ids: list[str]) -> list[dict[str, Any]]:
    """List what runs wait for, oldest first: run_id, topic, person, text, seconds since."""
    if not run_ids:
        return []
    sql = (
        "SELECT run_id, topic, person, question, now_s() - asked "
        "FROM batuta_questions WHERE answer IS NULL AND run_id IN :runs ORDER BY asked"
    )
    return [
        {"run_id": run, "topic": topic, "person": who, "text": json.loads(said)["text"], "ago_s": s}
        for run, topic, who, said, s in store.all(sql, runs=run_ids)
    ]


def all_open(store: Store) -> tuple[Question, ...]:
    """List what all runs wait for, oldest first; a question's span is the name it stands under."""
    sql = (
        "SELECT run_id, topic, person, question FROM batuta_questions "
        "WHERE answer IS NULL ORDER BY asked"
    )
    return tuple(
        Question(run_id=run, span=topic, person=who, message=Message.from_json(json.loads(said)))
        for run, topic, who, said in store.all(sql)
    )


def forget_questions(store: Store, run_id: str) -> None:
    """Remove the open questions of a run that has ended."""
    store.change("DELETE FROM batuta_questions WHERE run_id = :run", run=run_id)
