"""Research a question in three places at once, and read what each found under a heading.

Run it: ``python examples/parallel_research.py "who decides in a swarm?"``; no key needed.
``--first`` takes the first answer in time, and gives the other searches up.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from batuta import (
    Document,
    FunctionAgent,
    Message,
    Parallel,
    Retriever,
    Run,
    SqliteDocuments,
    chunks,
    run,
    with_headings,
)

DOCS = Path(__file__).parents[1] / "docs"
PLACES = {
    "styles": ["control/*.md"],
    "patterns": ["compose/*.md"],
    "guides": ["*.md", "doors/*.md"],
}


def passages(patterns: Sequence[str]) -> list[Document]:
    """Read the pages of one place in passages."""
    found: list[Document] = []
    for page in sorted(page for pattern in patterns for page in DOCS.glob(pattern)):
        name = page.relative_to(DOCS).as_posix()
        found += chunks(Document(id=name, text=page.read_text()), size=500, overlap=50)
    return found


def researcher(place: str, store: SqliteDocuments) -> FunctionAgent:
    """Make an agent that gives the passage of one place that fits best, and where it is."""
    search = Retriever(store=store, name=f"{place}-search", top_k=1)

    async def answer(message: Message, run: Run) -> Message:
        found = (await run.call(search, message)).data or {}
        best = next(iter(found["documents"]), None)
        if best is None:
            return Message.assistant("Nothing here.")
        return Message.assistant(
            f"{best['text'].strip()}\n({best['id']})", {"document": best["id"]}
        )

    return FunctionAgent(name=place, answer=answer, role=f"knows the {place}")


async def main(question: str, *, first: bool) -> None:
    """Index the places, then ask in all of them at once."""
    async with AsyncExitStack() as closing:
        team: list[FunctionAgent] = []
        for place, patterns in PLACES.items():
            store = await closing.enter_async_context(SqliteDocuments(":memory:"))
            await store.add(passages(patterns))
            team.append(researcher(place, store))
        if first:
            research = Parallel(name="research", members=team, mode="first")
        else:
            research = Parallel(
                name="research", members=team, mode="partial", combine=with_headings
            )
        record = await run(research, question)
    made = record.answer().metadata["composition"]
    print(record.text)
    print(f"\n{made['stop']}: ", end="")
    print(", ".join(f"{m['agent']} {m['status']}" for m in made["members"]))


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--first"]
    asked = " ".join(words) or "who decides in a swarm?"
    asyncio.run(main(asked, first="--first" in sys.argv))
