"""Ask this project's pages: passages found by their words, answered with citations.

Run it: ``python examples/ask_the_docs.py "how does a workflow end early?"``; no key needed.
``--meaning`` looks for what the question means as well, which takes the half minute that embedding
the pages takes. With a model's key: ``BATUTA_MODEL=openai:gpt-5-mini python examples/…``.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from batuta import (
    RAG,
    Document,
    FunctionAgent,
    GroundedWriter,
    LanceDocuments,
    Message,
    MiniLM,
    Retriever,
    Run,
    SqliteDocuments,
    chunks,
    run,
)

DOCS = Path(__file__).parents[1] / "docs"
WORD = re.compile(r"\w{3,}")


def pages(folder: Path) -> list[Document]:
    """Read the pages in passages of their own."""
    found: list[Document] = []
    for page in sorted(folder.rglob("*.md")):
        name = page.relative_to(folder).as_posix()
        found += chunks(Document(id=name, text=page.read_text()), size=900, overlap=90)
    return found


async def quote(message: Message, run: Run) -> Message:
    """Answer without a model: quote the line that shares most words with the question."""
    del run
    data = message.data or {}
    wanted = set(WORD.findall(str(data["question"]).lower()))
    lines = [
        (len(wanted & set(WORD.findall(line.lower()))), -rank, line.strip(), row["id"])
        for rank, row in enumerate(data["documents"])
        for line in row["text"].splitlines()
    ]
    shared, _, line, identity = max(lines)
    if not shared:
        return Message.assistant(str(data["unknown"]), {"answered": False})
    return Message.assistant(f"{line} [[{identity}]]")


async def main(question: str, *, meaning: bool) -> None:
    """Index the pages and answer one question from them."""
    documents = pages(DOCS)
    async with AsyncExitStack() as closing:
        folder = closing.enter_context(tempfile.TemporaryDirectory())
        words = await closing.enter_async_context(SqliteDocuments(f"{folder}/words.db"))
        await words.add(documents)
        retrievers = [Retriever(store=words, name="words")]
        if meaning:
            store = LanceDocuments(f"{folder}/meaning", MiniLM())
            near = await closing.enter_async_context(store)
            await near.add(documents)
            retrievers.append(Retriever(store=near, name="meaning"))
        model = os.environ.get("BATUTA_MODEL")
        writer = GroundedWriter() if model else FunctionAgent(name="quote", answer=quote)
        record = await run(RAG(retrievers=retrievers, generator=writer), question, model=model)
    print(record.text)
    for found in (record.answer().data or {})["documents"]:
        print(f"  {found['score']:8.4f}  {found['id']}")


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--meaning"]
    asked = " ".join(words) or "how does a workflow end early?"
    asyncio.run(main(asked, meaning="--meaning" in sys.argv))
