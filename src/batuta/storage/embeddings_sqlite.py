"""Vectors that were paid for once, in a SQLite file."""

from __future__ import annotations

import hashlib
import sqlite3
from array import array
from collections.abc import Sequence
from pathlib import Path

from batuta.core.clock import Clock, SystemClock
from batuta.parts.retrieval import Embedded, Embedder, embedded_queries
from batuta.storage.sqlite_file import SqliteStore
from batuta.storage.sqlite_layout import Layout

LAYOUT = Layout(
    what="Cache of embeddings",
    application=0x42544543,  # "BTEC"
    version=1,
    schema=(
        """CREATE TABLE vectors (
            embedder TEXT NOT NULL,
            digest   TEXT NOT NULL,
            used_at  INTEGER NOT NULL,
            vector   BLOB NOT NULL,
            PRIMARY KEY (embedder, digest)
        ) WITHOUT ROWID""",
        "CREATE INDEX vectors_by_use ON vectors (used_at)",
    ),
)


class CachedEmbedder(SqliteStore):
    """An ``Embedder`` that asks another one for no text twice; its ``usage`` is what was asked for.

    Args:
        embedder: Whose vectors these are; its name keeps them apart from another one's.
        path: The file, made with its folder at the first use; ``:memory:`` keeps nothing.
        most: Vectors that are kept; those longest unused go.
        clock: Says when one was used; None takes the machine's.
    """

    def __init__(
        self,
        embedder: Embedder,
        path: Path | str,
        *,
        most: int = 100_000,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(path, LAYOUT, 10.0)
        self._embedder, self._most = embedder, most
        self._clock = clock or SystemClock()

    @property
    def name(self) -> str:
        """The embedder's name."""
        return self._embedder.name

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """See ``Embedder.embed``."""
        return await self._embedded(texts, query=False)

    async def embed_queries(self, texts: Sequence[str]) -> Embedded:
        """See ``QueryEmbedder.embed_queries``."""
        return await self._embedded(texts, query=True)

    async def _embedded(self, texts: Sequence[str], *, query: bool) -> Embedded:
        whose = f"{self.name}|{'query' if query else 'document'}"
        digests = [_digest(text) for text in texts]
        known = await self._known(whose, list(dict.fromkeys(digests)))
        lacking = {d: text for d, text in zip(digests, texts, strict=True) if d not in known}
        made = Embedded([])
        if lacking:
            asked = list(lacking.values())
            ask = embedded_queries(self._embedder, asked) if query else self._embedder.embed(asked)
            made = await ask
            fresh = dict(zip(lacking, made.vectors, strict=True))
            await self._keep(whose, fresh)
            known |= fresh
        return Embedded([known[digest] for digest in digests], made.usage)

    async def _known(self, whose: str, digests: Sequence[str]) -> dict[str, list[float]]:
        def read(db: sqlite3.Connection) -> dict[str, list[float]]:
            rows = [row for d in digests for row in db.execute(_GET, (whose, d))]
            return {digest: array("d", vector).tolist() for digest, vector in rows}

        found = await self.file.read(read) if digests else {}
        used = [(self._now(), whose, digest) for digest in found]
        if used:
            await self.file.write(lambda db: db.executemany(_USE, used))
        return found

    async def _keep(self, whose: str, vectors: dict[str, list[float]]) -> None:
        now = self._now()
        rows = [(whose, d, now, array("d", vector).tobytes()) for d, vector in vectors.items()]

        def write(db: sqlite3.Connection) -> None:
            db.executemany(_PUT, rows)
            db.execute(_FORGET, (self._most,))

        await self.file.write(write)

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


_GET = "SELECT digest, vector FROM vectors WHERE embedder = ? AND digest = ?"
_USE = "UPDATE vectors SET used_at = ? WHERE embedder = ? AND digest = ?"
_PUT = "INSERT OR REPLACE INTO vectors (embedder, digest, used_at, vector) VALUES (?, ?, ?, ?)"
_FORGET = (
    "DELETE FROM vectors WHERE (embedder, digest) IN "
    "(SELECT embedder, digest FROM vectors ORDER BY used_at DESC LIMIT -1 OFFSET ?)"
)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
