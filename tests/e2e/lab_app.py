"""An App that keeps words; one that a file names is held until the file is gone."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from batuta import App, FunctionAgent, Message, Run, Scenario, ToolContext, tool

HOLD = Path(os.environ.get("BATUTA_HOME", ".")) / "hold"
WORDS = ("dune", "emma", "held", "kim", "ulysses")
NAME = f"{__name__}:app"


def make_app(folder: Path) -> App:
    """Make the App on the data of a folder."""
    path = folder / "words.db"

    def rows(sql: str, *values: str) -> list[tuple[str, str]]:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("CREATE TABLE IF NOT EXISTS words (word, who)")
            return db.execute(sql, values).fetchall()

    @tool(effect="write", key=("word",))
    async def save(word: str, context: ToolContext) -> str:
        """Save a word."""
        while word == "held" and HOLD.exists():  # noqa: ASYNC110 - the file is a test's
            await asyncio.sleep(0.01)
        rows("INSERT INTO words VALUES (?, ?)", word, context.principal.id)
        return word

    async def state() -> Sequence[str]:
        return [" ".join(row) for row in rows("SELECT word, who FROM words")]

    async def answer(message: Message, run: Run) -> Message:
        await run.use(save, {"word": message.text})
        return Message.assistant(f"I have saved {message.text}.")

    return App(
        name="words",
        instructions="Save words.",
        tools=[save],
        compositions={"saver": [FunctionAgent(name="saver", answer=answer)]},
        scenarios=[Scenario(name=word, turns=[word], holds=[f"{word} ana"]) for word in WORDS],
        fresh=make_app,
        state=state,
    )


app = make_app(Path(os.environ.get("BATUTA_HOME", ".")))
