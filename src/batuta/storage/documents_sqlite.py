"""Documents found by their words: BM25 on SQLite's own full-text index, in one file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unicodedata import category

from batuta.core.result import json_text
from batuta.parts.documents import Document, Where, facets, query_text, wanted
from batuta.storage.documents import MOST_CHARS, refuse, refuse_known
from batuta.storage.folding import folded
from batuta.storage.sqlite_file import SqliteStore
from batuta.storage.sqlite_layout import Layout


def _without_triggers(db: sqlite3.Connection) -> None:
    """Take version 1 to 2: the index is written beside the documents, not by triggers.

    A statement with a trigger must be undone alone if it fails, for which FTS5 writes out each time
    what it would else have gathered: three times the cost of adding.
    """
    for name in ("document_in", "document_out"):
        db.execute(f"DROP TRIGGER {name}")


_FOLDED = """CREATE TABLE folded (
            n    INTEGER PRIMARY KEY,
            text TEXT NOT NULL
        )"""
_INDEXED = """CREATE VIEW indexed AS
            SELECT d.n AS n, COALESCE(f.text, d.text) AS text
            FROM documents d LEFT JOIN folded f ON f.n = d.n"""
_WORDS = """CREATE VIRTUAL TABLE words USING fts5 (
            text, content = 'indexed', content_rowid = 'n',
            tokenize = "porter unicode61 remove_diacritics 2 categories 'L* M* N* Co'"
        )"""


def _with_folded(db: sqlite3.Connection) -> None:
    """Take version 2 to 3: what is indexed is folded as queries are, and stands beside the text.

    It is kept, as only the very words that were put into the index can be taken out of it.
    """
    db.execute("DROP TABLE words")
    for statement in (_FOLDED, _INDEXED, _WORDS):
        db.execute(statement)
    for n, text in db.execute("SELECT n, text FROM documents").fetchall():
        _index(db, [(n, text)])


LAYOUT = Layout(
    what="Database of documents",
    application=0x42544443,  # "BTDC"
    version=3,
    schema=(
        """CREATE TABLE documents (
            n        INTEGER PRIMARY KEY,
            id       TEXT NOT NULL UNIQUE,
            metadata TEXT NOT NULL,
            text     TEXT NOT NULL
        )""",
        "CREATE TABLE facets (facet TEXT, n INTEGER, PRIMARY KEY (facet, n)) WITHOUT ROWID",
        "CREATE INDEX facets_of_document ON facets (n)",
        _FOLDED,
        _INDEXED,
        _WORDS,
    ),
    migrations={1: _without_triggers, 2: _with_folded},
)
_MOST_WORDS = 64
_Row = tuple[str, str, str, Sequence[str]]


class SqliteDocuments(SqliteStore):
    """A ``DocumentStore`` that ranks by BM25, after folding case, accents and English endings.

    Letters are folded in every script, in texts and queries alike; where a script puts no spaces
    between words, its letters are looked for one after the other.

    Scores are BM25's, 0 and above; they grow with rare words and cannot be compared between
    corpora. Equal ones stand in the order of adding. Needs no model and no extra.

    Args:
        path: The file, made with its folder at the first use; ``:memory:`` keeps nothing.
        most_chars: Longest text of one document.
        busy_timeout_s: How long to wait for others' writes before ``StoreBusy``.
    """

    def __init__(
        self, path: Path | str, *, most_chars: int = MOST_CHARS, busy_timeout_s: float = 10.0
    ) -> None:
        super().__init__(path, LAYOUT, busy_timeout_s)
        self._most_chars = most_chars

    async def add(self, documents: Sequence[Document]) -> None:
        """See ``DocumentStore.add``."""
        await self._write(documents, new=True)

    async def update(self, documents: Sequence[Document]) -> None:
        """See ``DocumentStore.update``; what is replaced keeps its place among equals."""
        await self._write(documents, new=False)

    async def delete(self, *ids: str) -> int:
        """See ``DocumentStore.delete``."""

        def work(db: sqlite3.Connection) -> int:
            gone = 0
            for identity in ids:
                start, end = f"{identity}#", f"{identity}$"  # "$" comes right after "#"
                sql = f"{_STOOD} d.id = ? OR (d.id >= ? AND d.id < ?)"
                gone += _take_out(db, db.execute(sql, (identity, start, end)).fetchall())
            return gone

        return await self.file.write(work)

    async def get(self, identity: str) -> Document | None:
        """See ``DocumentStore.get``."""
        sql = "SELECT id, text, metadata, NULL FROM documents WHERE id = ?"
        rows = await self.file.read(lambda db: db.execute(sql, (identity,)).fetchall())
        return _document(rows[0]) if rows else None

    async def count(self) -> int:
        """See ``DocumentStore.count``."""
        sql = "SELECT COUNT(*) FROM documents"
        return await self.file.read(lambda db: db.execute(sql).fetchone()[0])

    async def search(self, text: str, top_k: int = 5, where: Where | None = None) -> list[Document]:
        """See ``DocumentStore.search``."""
        query = words_query(text)
        if not query or top_k < 1:
            return []
        sql, values = _SEARCH, [query]
        for group in wanted(where or {}):
            sql += _FILTER
            values.append(json.dumps(group))
        sql += " ORDER BY score DESC, d.n LIMIT ?"
        rows = await self.file.read(lambda db: db.execute(sql, (*values, top_k)).fetchall())
        return [_document(row) for row in rows]

    async def _write(self, documents: Sequence[Document], *, new: bool) -> None:
        refuse(documents, self._most_chars)
        rows = [(d.id, json_text(dict(d.metadata)), d.text, facets(d.metadata)) for d in documents]

        def work(db: sqlite3.Connection) -> None:
            known = {row[0]: _place(db, row[0]) for row in rows}
            if new:
                refuse_known({identity for identity, n in known.items() if n is not None})
            free = db.execute("SELECT COALESCE(MAX(n), 0) + 1 FROM documents").fetchone()[0]
            places = [known[row[0]] or free + number for number, row in enumerate(rows)]
            sql = f"{_STOOD} d.n = ?"
            _take_out(db, [db.execute(sql, (n,)).fetchone() for n in known.values() if n])
            _put_in(db, places, rows)

        await self.file.write(work)


def words_query(text: str) -> str:
    """Turn any text into a query that finds documents with any of its words.

    Each word is quoted, so nothing in it is an operator; what is no word is left out.
    """
    letters = (c if category(c)[0] in _IN_WORDS else " " for c in query_text(text))
    alike = (" ".join(folded(word).split()) for word in "".join(letters).casefold().split())
    words = list(dict.fromkeys(filter(None, alike)))
    telling = [word for word in words if word not in _EMPTY] or words
    return " OR ".join(f'"{word}"' for word in telling[:_MOST_WORDS])


def _put_in(db: sqlite3.Connection, places: Sequence[int], rows: Sequence[_Row]) -> None:
    """Write documents, their words and their facets."""
    placed = list(zip(places, rows, strict=True))
    db.executemany(
        "INSERT INTO documents (n, id, metadata, text) VALUES (?, ?, ?, ?)",
        [(n, identity, metadata, text) for n, (identity, metadata, text, _) in placed],
    )
    _index(db, [(n, row[2]) for n, row in placed])
    db.executemany(
        "INSERT INTO facets VALUES (?, ?)", [(facet, n) for n, row in placed for facet in row[3]]
    )


def _index(db: sqlite3.Connection, texts: Sequence[tuple[int, str]]) -> None:
    """Write documents' words, by number and text, and what differs from the text by folding."""
    words = [(n, folded(text)) for n, text in texts]
    db.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", words)
    other = [word for word, (_, text) in zip(words, texts, strict=True) if word[1] != text]
    db.executemany("INSERT INTO folded (n, text) VALUES (?, ?)", other)


def _take_out(db: sqlite3.Connection, stood: Sequence[tuple[int, str]]) -> int:
    """Delete documents with their words, by number and text as indexed, and their facets."""
    sql = "INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)"
    db.executemany(sql, stood)
    for table in ("facets", "folded", "documents"):
        db.executemany(f"DELETE FROM {table} WHERE n = ?", [(n,) for n, _ in stood])  # noqa: S608  all ours
    return len(stood)


def _place(db: sqlite3.Connection, identity: str) -> int | None:
    row = db.execute("SELECT n FROM documents WHERE id = ?", (identity,)).fetchone()
    return row[0] if row else None


def _document(row: tuple[Any, ...]) -> Document:
    identity, text, metadata, score = row
    return Document(id=identity, text=text, score=score, metadata=json.loads(metadata))


_STOOD = "SELECT d.n, i.text FROM documents d JOIN indexed i ON i.n = d.n WHERE"
_FILTER = " AND d.n IN (SELECT n FROM facets WHERE facet IN (SELECT value FROM json_each(?)))"
_SEARCH = (
    "SELECT d.id, d.text, d.metadata, -bm25(words) AS score FROM words "
    "JOIN documents d ON d.n = words.rowid WHERE words MATCH ?"
)
# Letters, marks and numbers, by the first letter of their Unicode category.
_IN_WORDS = frozenset("LMN")
# English words that stand in any question and any text.
_EMPTY = frozenset(
    "a about an and are as at be been but by can could did do does for from had has have how i if "
    "in into is it its me my no not of on or our should so that the their them then there these "
    "they this to was we were what when where which who why will with would you your".split()
)
