"""RAG: the tokens that reach the model against sending every page, at equal recall of answers."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from batuta import (
    RAG,
    Document,
    LanceDocuments,
    Message,
    MiniLM,
    ModelReply,
    ModelRequest,
    Retriever,
    SqliteDocuments,
    Usage,
    chunks,
    local_runtime,
)
from batuta.core.model import Emit, ignore
from batuta.parts.documents import fenced
from batuta.parts.grounding import GroundedWriter
from batuta.parts.retrieval import Embedded
from bench.claims.figures import Interval, Line, interval, verdict
from bench.claims.tokens import Counter

DOCS = Path(__file__).parents[2] / "docs"
QUESTIONS = Path(__file__).parent / "data" / "docs_questions.jsonl"
LEFT_OUT = {"claims.md", "deciding.md", "evidence.md"}
SIZE, OVERLAP, TOP = 900, 120, (1, 3, 5, 10, 15, 20, 25, 30, 35, 40)
TARGET, NEARLY = 1.0, 0.9
HEADING = re.compile(r"^#{1,3} (.+)$", re.MULTILINE)


class Remembering:
    """An embedder that embeds the same text once: each question is asked at every setting."""

    def __init__(self, inner: MiniLM) -> None:
        self._inner, self._known, self.name = inner, dict[str, list[float]](), inner.name

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Embed what is new."""
        new = [text for text in texts if text not in self._known]
        made = await self._inner.embed(new)
        self._known |= zip(new, made.vectors, strict=True)
        return Embedded([self._known[text] for text in texts], made.usage)


class Reader:
    """A model that answers nothing, but counts what it was sent and keeps it."""

    name = "scripted:reader"

    def __init__(self, count: Counter) -> None:
        self._count = count
        self.seen = ""

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Count."""
        self.seen = "\n".join(m.text for m in request.messages)
        tokens = sum(self._count(m.text) for m in request.messages)
        return ModelReply("Read.", usage=Usage(input_tokens=tokens), model=self.name)


def passages() -> list[Document]:
    """Read every page of the docs, but for those that are written of figures."""
    return [part for page in _pages() for part in _under_headings(page)]


def _under_headings(page: Document) -> list[Document]:
    """Part a page, and put the page's name and the nearest heading above before each part."""
    made: list[Document] = []
    for part in chunks(page, size=SIZE, overlap=OVERLAP):
        above = HEADING.findall(page.text[: part.metadata["start"] + len(part.text) // 2])
        place = " > ".join([page.id, *above[:1], *above[1:][-1:]])
        made.append(replace(part, text=f"{place}\n{part.text}"))
    return made


def questions() -> list[dict[str, str]]:
    """Read the questions, and make sure that each answer is still in its page."""
    rows: list[dict[str, str]] = [
        json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()
    ]
    for row in rows:
        if not holds(row, (DOCS / row["page"]).read_text(encoding="utf-8")):
            raise SystemExit(f"{row['page']} no longer says {row['answer']!r}: mend {QUESTIONS}.")
    return rows


def holds(row: dict[str, str], text: str) -> bool:
    """Whether a text says the answer."""
    return row["answer"] in " ".join(text.split())


async def _measured(
    rag: RAG, rows: Sequence[dict[str, str]], reader: Reader
) -> tuple[list[float], list[float]]:
    """Ask everything; give for each question the tokens and whether the answer was there."""
    runtime = local_runtime(model=reader)
    tokens: list[float] = []
    found: list[float] = []
    for row in rows:
        reader.seen = ""
        record = (await runtime.run(rag, Message.user(row["question"]))).raised()
        spent = [e.usage for e in record.events if e.name == reader.name and e.usage]
        tokens.append(float(sum(u.input_tokens for u in spent)))
        found.append(float(holds(row, reader.seen)))
    await runtime.stop()
    return tokens, found


async def measure() -> Line:
    """Measure words, meaning and both at rising ``top_k``; the claim is judged at equal recall."""
    count, documents, rows = Counter(), passages(), questions()
    reader = Reader(count)
    pages = _pages()
    every = RAG(
        retrievers=[_All(pages)],
        generator=GroundedWriter(),
        top_k=len(pages),
        most_chars=10**9,
    )
    full, recall = await _measured(every, rows, reader)
    if min(recall) < 1:
        raise SystemExit("The full context does not hold every answer.")
    async with AsyncExitStack() as closing:
        folder = closing.enter_context(tempfile.TemporaryDirectory())
        words = await closing.enter_async_context(SqliteDocuments(f"{folder}/words.db"))
        meaning = await closing.enter_async_context(
            LanceDocuments(f"{folder}/m", Remembering(MiniLM()))
        )
        for store in (words, meaning):
            await store.add(documents)
        by_words = Retriever(store=words, name="words")
        by_meaning = Retriever(store=meaning, name="meaning")
        ways = {"words": [by_words], "meaning": [by_meaning], "both": [by_words, by_meaning]}
        table: list[tuple[str, str]] = []
        best: tuple[Interval, str] | None = None
        near: tuple[Interval, str] | None = None
        for name, retrievers in ways.items():
            for top_k in TOP:
                rag = RAG(retrievers=retrievers, top_k=top_k, most_chars=10**9)
                tokens, found = await _measured(rag, rows, reader)
                saved = interval([1 - t / f for t, f in zip(tokens, full, strict=True)])
                right = interval(found)
                what = f"{name}, top_k={top_k}"
                table.append((what, f"recall {right.percent()}, {saved.mean:.1%} fewer tokens"))
                if right.mean >= TARGET and (best is None or saved.mean > best[0].mean):
                    best = (saved, what)
                if right.mean >= NEARLY and (near is None or saved.mean > near[0].mean):
                    near = (saved, f"{what}, {right.mean:.0%} of the answers")
    size = f"{len(rows)} questions on {len(pages)} pages of {count(fenced(pages))} tokens"
    return _line((best, near), table, size)


def _pages() -> list[Document]:
    files = (path for path in sorted(DOCS.rglob("*.md")) if path.name not in LEFT_OUT)
    return [
        Document(id=file.relative_to(DOCS).as_posix(), text=file.read_text(encoding="utf-8"))
        for file in files
    ]


class _All:
    """A retriever that gives every page: the full context."""

    name = "every_page"
    role = "gives every page"

    def __init__(self, pages: Sequence[Document]) -> None:
        self._rows = [page.to_json() for page in pages]

    async def execute(self, message: Message, run: Any) -> Message:
        """Give them."""
        del message, run
        return Message.assistant("all", {"documents": self._rows})


Found = tuple[Interval, str] | None


def _line(found: tuple[Found, Found], table: Sequence[tuple[str, str]], size: str) -> Line:
    best, near = found
    measured = "at no top_k is every answer still found"
    if best is not None:
        measured = f"{best[0].mean:.1%} fewer at equal recall ({best[1]})"
    if near is not None:
        measured += f"; {near[0].mean:.1%} fewer at nearly that ({near[1]})"
    return Line(
        pattern="RAG",
        claim="70 % fewer tokens than the full context",
        measured=measured,
        holds="no" if best is None else verdict(best[0], 0.70),
        workload=_WORKLOAD.format(size=size, passage=SIZE, overlap=OVERLAP),
        repeats="each question once at each setting; there is no chance in retrieval",
        simulated="no model answers: what it is sent is measured, not what it makes of it",
        details=table,
    )


_WORKLOAD = """\
{size}: this project's own. Each question has words of a page that answer it, and recall is the
share of questions whose answer is in what the model is sent. The full context is every page.
Passages have {passage} characters, overlap by {overlap}, and open with their heading. The claim is
judged where recall equals that of the full context, which is 100 %. Tokens are those of the whole
request, counted with the tokenizer of all-MiniLM-L6-v2: a vendor's own gives other numbers, and
hardly another ratio. The questions were written with the pages in view, so users' own words will
find less; and the saving grows with the number of pages, as the full context does."""
