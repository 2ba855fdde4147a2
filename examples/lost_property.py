"""A station's lost property office, written from the docs alone, under every style.

Hold its conversations: ``cd examples && batuta demo --app lost_property:app``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from batuta import App, Found, Intake, Option, Scenario, Specialist, ToolContext, tool
from batuta.errors import ToolFailed
from batuta.lab import DirectCall, ScriptedAnswer


class Kind(Enum):
    """What sort of thing was lost."""

    UMBRELLA = "umbrella"
    BAG = "bag"
    PHONE = "phone"
    GLOVES = "gloves"


class Colour(Enum):
    """What colour it is, roughly."""

    BLACK = "black"
    RED = "red"
    BLUE = "blue"
    GREEN = "green"


FOUND = [
    ("umb-1", "umbrella", "black", "2026-03-02", "platform 4"),
    ("umb-2", "umbrella", "red", "2026-03-05", "the café"),
    ("bag-1", "bag", "blue", "2026-03-06", "the 8:14 to Ghent"),
    ("glv-1", "gloves", "green", "2026-03-06", "platform 1"),
]


@dataclass(frozen=True)
class Shelves:
    """What stands on the shelves; a file."""

    path: Path

    @contextmanager
    def open(self) -> Generator[sqlite3.Connection]:
        """Open the file, and close it again."""
        db = sqlite3.connect(self.path, isolation_level=None)
        try:
            yield db
        finally:
            db.close()

    def fill(self) -> None:
        """Put what was found on the shelves, once."""
        with self.open() as db:
            db.execute(
                "CREATE TABLE IF NOT EXISTS items"
                " (id TEXT PRIMARY KEY, kind, colour, day, place, owner, key)"
            )
            db.executemany(
                "INSERT INTO items VALUES (?, ?, ?, ?, ?, NULL, NULL) ON CONFLICT DO NOTHING",
                FOUND,
            )

    def here(self) -> list[tuple[str, ...]]:
        """Give what nobody has claimed."""
        with self.open() as db:
            return db.execute(
                "SELECT id, kind, colour, day, place FROM items"
                " WHERE owner IS NULL ORDER BY day, id"
            ).fetchall()

    def claimed(self) -> dict[str, str]:
        """Give the owner of each thing that was handed out."""
        with self.open() as db:
            return dict(db.execute("SELECT id, owner FROM items WHERE owner IS NOT NULL"))

    def claim(self, item: str, owner: str, key: str) -> bool:
        """Hand a thing out, once for its key; False where somebody else has it."""
        with self.open() as db:
            db.execute(
                "UPDATE items SET owner = ?, key = ? WHERE id = ? AND owner IS NULL",
                (owner, key, item),
            )
            return db.execute("SELECT key FROM items WHERE id = ?", (item,)).fetchone() == (key,)


class Loss(BaseModel):
    """What must be known before anything is handed out."""

    kind: Kind | None = None
    colour: Colour | None = None


def make_app(folder: Path) -> App:
    """Make the office on the shelves of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    shelves = Shelves(folder / "shelves.db")
    shelves.fill()

    @tool
    def find_items(kind: Kind, colour: Colour | None = None) -> list[dict[str, Any]]:
        """Find what was handed in and waits for its owner.

        Args:
            kind: What sort of thing it is.
            colour: Its colour; leave out for any.
        """
        return [
            {"item_id": item, "item": f"{shade} {sort}", "found_on": day, "place": place}
            for item, sort, shade, day, place in shelves.here()
            if sort == kind.value and (colour is None or shade == colour.value)
        ]

    @tool(effect="write", key=("item_id",))
    def claim(item_id: str, context: ToolContext) -> dict[str, str]:
        """Hand a thing out to whoever asks, for good.

        Args:
            item_id: As find_items gives it.
        """
        names = {item: f"{shade} {sort}" for item, sort, shade, _, _ in FOUND}
        if item_id not in names:
            raise ToolFailed("claim", f"There is no item {item_id}.")
        if not shelves.claim(item_id, context.principal.id, context.idempotency_key):
            raise ToolFailed("claim", f"The {names[item_id]} was handed out already.")
        return {"item": names[item_id], "owner": context.principal.id}

    async def state() -> list[str]:
        return [f"{item} {owner}" for item, owner in shelves.claimed().items()]

    async def red_umbrella_is_gone() -> str:
        gone = list(shelves.claimed())
        return "" if gone == ["umb-2"] else f"handed out: {gone}"

    return App(
        name="lost-property",
        title="Lost property office",
        instructions=(
            "You work in a station's lost property office. Find a thing before you hand it out, "
            "and hand out only what its owner describes."
        ),
        tools=[find_items, claim],
        intake=Intake(
            fields=Loss,
            questions={
                "kind": "What did you lose: an umbrella, a bag, a phone or gloves?",
                "colour": "Which colour is it?",
            },
            find=find_items,
            options=read_items,
            act=claim,
            argument="item_id",
            done="The {item} is yours again. Fetch it at the counter.",
        ),
        specialists=[
            Specialist(
                name="shelves",
                description="Finds umbrellas, bags, phones and gloves that were handed in.",
                instructions="Find the things that the task describes.",
                tools=("find_items",),
            ),
            Specialist(
                name="counter",
                description="Hands out one umbrella, bag, phone or glove, given its item id.",
                instructions="Hand out the thing that the task names.",
                tools=("claim",),
            ),
        ],
        scenarios=[
            Scenario(
                name="an umbrella",
                turns=("I want my red umbrella back", "the first one"),
                expects=["claim"],
                check=red_umbrella_is_gone,
                holds=["umb-2 *"],
                answers=[ScriptedAnswer(asked=r"\?", say=["the first one"])],
                gold=[DirectCall(tool="claim", arguments={"item_id": "umb-2"})],
            ),
            Scenario(
                name="nothing of the kind",
                turns=("I want my black phone back",),
                expects=[],
                holds=[],
            ),
        ],
        suggestions=["I want my red umbrella back", "I am looking for a blue bag"],
        fresh=make_app,
        state=state,
    )


def read_items(items: list[dict[str, Any]]) -> Found:
    """Read what find_items gave."""
    return Found(tuple(Option(one["item_id"], f"{one['item']}, {one['place']}") for one in items))


app = make_app(Path(".batuta"))
