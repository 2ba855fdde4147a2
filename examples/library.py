"""A library's loans: somebody else's App, in one file, under every style.

Run it: ``python examples/library.py d "I'd like to borrow Dune"``.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from pydantic import BaseModel, Field

from batuta import App, Found, Intake, Option, Principal, Specialist, tool

SHELVES = {"c-1": ("Dune", "A3"), "c-2": ("Dune", "B1"), "c-3": ("Emma", "C2")}
LOANS: dict[str, str] = {}


@tool
async def find_books(title: str) -> dict[str, Any]:
    """Find copies of a book that are in the library.

    Args:
        title: Title of the book, or a part of it.
    """
    free = ((k, t, s) for k, (t, s) in SHELVES.items() if k not in LOANS)
    return {
        "books": [
            {"copy_id": k, "title": t, "shelf": s} for k, t, s in free if title.lower() in t.lower()
        ]
    }


@tool(effect="write", key=("copy_id",))
async def borrow(copy_id: str, reader: Principal) -> dict[str, Any]:
    """Borrow one copy of a book for the reader who asks.

    Args:
        copy_id: The copy_id of a copy that find_books gave.
    """
    LOANS.setdefault(copy_id, reader.id)
    return {"copy_id": copy_id, "title": SHELVES[copy_id][0], "yours": LOANS[copy_id] == reader.id}


class Loan(BaseModel):
    """What must be known to lend a book."""

    title: str = Field(description="Title of the book.")


def copies(result: dict[str, Any]) -> Found:
    """Read the options out of what find_books gave."""
    books = result["books"]
    return Found(tuple(Option(b["copy_id"], f"{b['title']}, shelf {b['shelf']}") for b in books))


app = App(
    name="library",
    instructions="You lend books. Find a book before you lend it. Offer copies, then borrow one.",
    tools=(find_books, borrow),
    intake=Intake(
        fields=Loan,
        questions={"title": "Which book would you like to borrow?"},
        find=find_books,
        options=copies,
        act=borrow,
        argument="copy_id",
        done="{title} is yours (copy {copy_id}).",
    ),
    specialists=(
        Specialist("catalogue", "Finds copies of books.", "You find books.", ("find_books",)),
        Specialist("loans", "Lends one copy, given its copy_id.", "You lend books.", ("borrow",)),
    ),
)


async def main(style: str, *turns: str) -> None:
    """Talk to the library under a style."""
    async with app.assistant(style) as assistant:
        session_id = None
        for turn in turns:
            record = (await assistant.chat(turn, session_id)).raised()
            session_id = record.session_id
            print(f"> {turn}\n{record.text}\n")


if __name__ == "__main__":
    asyncio.run(main(*(sys.argv[1:] or ["d", "I'd like to borrow Dune", "the second one"])))
