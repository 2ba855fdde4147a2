"""Images and files of a durable run stand apart from what it has written, until it has ended."""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from batuta.core.agent import FunctionAgent
from batuta.core.attachment import Attachment
from batuta.core.message import Message
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.tool import tool
from batuta.runtimes.durable import Store
from batuta.runtimes.durable.contents import RunContents, may_hold
from batuta.runtimes.durable.serialization import write
from tests.unit.runtimes.durable.rig import RUN, attempt, cut

ASKED = Attachment.of(b"The court at noon, in words." * 40, name="court.txt")
BEFORE = Attachment.of(b"The court last week, in words." * 40, name="before.txt")
SHOWN = Attachment.of(b"The net from behind, in words." * 40, name="net.txt")
ALL = (ASKED, BEFORE, SHOWN)


@tool
async def look() -> list[str | Attachment]:
    """Look at the net."""
    return ["The net:", SHOWN]


def rows(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "durable.db")) as db:
        return db.execute(sql).fetchall()


def written(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "durable.db")) as db:
        return "".join(line for line in db.iterdump() if 'INTO "batuta_contents"' not in line)


async def test_bytes_are_apart_while_a_run_is_on_and_a_later_attempt_has_them(
    tmp_path: Path,
) -> None:
    reached, go_on, first = asyncio.Event(), asyncio.Event(), [True]

    async def answer(message: Message, run: Run) -> Message:
        [own] = message.attachments
        _, shown = await run.use(look, {})
        seen = [own, *run.history()[0].attachments, shown]
        if first:  # the attempt that is cut
            reached.set()
            await go_on.wait()
        return Message.assistant(" ".join(f"{each.name} {len(each.data)}" for each in seen))

    main = FunctionAgent(name="main", answer=answer)
    session = Session("s", "local", [Message.user("Before?").attaching(BEFORE)])
    options = RunOptions(run_id=RUN, session=session)
    async with attempt(tmp_path, main) as runtime:
        task = asyncio.create_task(
            runtime.run("main", Message.user("This?").attaching(ASKED), options)
        )
        await reached.wait()
    await cut(task)

    kept = rows(tmp_path, "SELECT run_id, digest, content FROM batuta_contents")
    assert {each: content for _, each, content in kept} == {e.digest: e.data for e in ALL}
    assert {run_id for run_id, _, _ in kept} == {RUN}
    text = written(tmp_path)
    for each in ALL:
        assert each.digest in text
        assert base64.b64encode(each.data).decode()[:60] not in text

    first.clear()
    async with attempt(tmp_path, main) as runtime:
        record = await runtime.result(RUN)

    sizes = [len(each.data) for each in ALL]
    assert record.raised().text == f"court.txt {sizes[0]} before.txt {sizes[1]} net.txt {sizes[2]}"
    assert rows(tmp_path, "SELECT count(*) FROM batuta_contents") == [(0,)]


async def test_bytes_of_a_run_that_never_ends_expire(tmp_path: Path) -> None:
    store = Store(tmp_path / "durable.db")
    contents = RunContents(store, keep_days=1)
    raw = {"message": ASKED.to_json(content=True)}
    kept = await contents.kept("old", raw)
    assert await contents.whole("old", kept) == raw
    late = timedelta(days=2).total_seconds()
    store.change("UPDATE batuta_contents SET kept_at = kept_at - :late", late=late)
    await contents.kept("new", {"message": SHOWN.to_json(content=True)})

    assert await contents.whole("old", kept) == {"message": ASKED.to_json()}
    assert store.all("SELECT run_id FROM batuta_contents") == [("new",)]
    store.close()


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just("aGk=")
KEYS = st.sampled_from(["digest", "media_type", "size_bytes", "name", "content", "kept", "$", "v"])


@given(st.recursive(LEAVES, lambda each: st.lists(each) | st.dictionaries(KEYS, each)))
def test_what_only_looks_like_an_attachment_is_left_as_it_is(data: Any) -> None:
    raw = {"value": data}
    if isinstance(data, dict) and data.get("$") is not None:
        return

    assert asyncio.run(RunContents(Store(":never:")).kept("run", raw)) is raw


def test_json_that_may_hold_bytes_is_told_from_the_rest() -> None:
    assert may_hold(write({"a": [ASKED.to_json(content=True)]}))
    assert may_hold(write({"$": "attachment", "v": "aGk="}))
    assert not may_hold(write({"text": "content", "said": json.dumps("attachments")}))
