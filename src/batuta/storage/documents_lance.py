"""Documents found by what they mean: vectors in LanceDB, a database in a folder."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from math import isfinite
from pathlib import Path
from typing import Any, Self

from batuta.core.model import Usage
from batuta.errors import ConfigError, missing_extra
from batuta.parts.documents import Document, Where, facets, query_text, wanted
from batuta.parts.retrieval import Embedder
from batuta.storage.documents import MOST_CHARS, refuse, refuse_known

_TABLE = "documents"
_BATCH = 64
_EMBEDDER = b"batuta.embedder"


class LanceDocuments:
    """A ``DocumentStore`` that ranks by the cosine of vectors, compared one by one: no guesses.

    Scores are -1 to 1. Whatever is written is on the disk; other processes see it at once.

    Args:
        path: The folder, made at the first use.
        embedder: Turns texts into vectors; the folder remembers which, and takes no other.
        most_chars: Longest text of one document.

    Raises:
        ConfigError: LanceDB is not installed.
    """

    def __init__(
        self, path: Path | str, embedder: Embedder, *, most_chars: int = MOST_CHARS
    ) -> None:
        if find_spec("lancedb") is None:
            raise missing_extra("LanceDB is not installed", "rag")
        self.path, self.embedder = Path(path), embedder
        self.usage = Usage()
        self._most_chars = most_chars
        self._db: Any = None
        self._table: Any = None
        self._writing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self._opened()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Release the folder; a later call opens it again."""
        for held in (self._table, self._db):
            if held is not None:
                held.close()
        self._table = self._db = None

    async def add(self, documents: Sequence[Document]) -> None:
        """See ``DocumentStore.add``; embeds the texts, which a vendor charges for (``usage``)."""
        refuse(documents, self._most_chars)
        async with self._writing:
            table = await self._opened()
            if table is not None and documents:
                listed = ", ".join(_quoted(d.id) for d in documents)
                rows: list[dict[str, Any]] = (
                    await table.query().where(f"id IN ({listed})").select(["id"]).to_list()
                )
                refuse_known({row["id"] for row in rows})
            await self._put(documents)

    async def update(self, documents: Sequence[Document]) -> None:
        """See ``DocumentStore.update``; embeds the texts like ``add``."""
        refuse(documents, self._most_chars)
        async with self._writing:
            await self._put(documents)

    async def delete(self, *ids: str) -> int:
        """See ``DocumentStore.delete``."""
        async with self._writing:
            table = await self._opened()
            if table is None:
                return 0
            gone = 0
            for identity in ids:
                quoted, chunk = _quoted(identity), _quoted(f"{identity}#")
                done = await table.delete(f"id = {quoted} OR starts_with(id, {chunk})")
                gone += done.num_deleted_rows
            return gone

    async def get(self, identity: str) -> Document | None:
        """See ``DocumentStore.get``."""
        table = await self._opened()
        if table is None:
            return None
        rows = await table.query().where(f"id = {_quoted(identity)}").limit(1).to_list()
        return _document(rows[0], None) if rows else None

    async def count(self) -> int:
        """See ``DocumentStore.count``."""
        table = await self._opened()
        return 0 if table is None else await table.count_rows()

    async def search(self, text: str, top_k: int = 5, where: Where | None = None) -> list[Document]:
        """See ``DocumentStore.search``."""
        query = query_text(text)
        if not query or await self._opened() is None:
            return []
        made = await self.embedder.embed([query])
        self.usage += made.usage
        return await self.nearest(made.vectors[0], top_k, where)

    async def nearest(
        self, vector: Sequence[float], top_k: int = 5, where: Where | None = None
    ) -> list[Document]:
        """See ``Nearest.nearest``; equal ones stand in the order of their ids."""
        table = await self._opened()
        if table is None or top_k < 1:
            return []
        query = table.query().nearest_to(list(vector)).distance_type("cosine").bypass_vector_index()
        groups = wanted(where or {})
        if not all(groups):
            return []
        if groups:
            query = query.where(" AND ".join(_any_of(group) for group in groups))
        rows: list[dict[str, Any]] = await query.limit(top_k).to_list()
        found = [_document(row, 1.0 - row["_distance"]) for row in rows if _told(row)]
        return sorted(found, key=lambda d: (-(d.score or 0.0), d.id))

    async def compact(self, unused_s: float = 3_600.0) -> None:
        """Join small files, and let go of old versions, though never of the newest.

        Args:
            unused_s: Age from which on a version goes, counted from its making; at least 0.001. A
                search that is still reading such a one fails, so let it be no short time.
        """
        table = await self._opened()
        if table is not None:
            await table.optimize(cleanup_older_than=timedelta(seconds=unused_s))

    async def _put(self, documents: Sequence[Document]) -> None:
        if not documents:
            return
        vectors: list[list[float]] = []
        for start in range(0, len(documents), _BATCH):
            made = await self.embedder.embed([d.text for d in documents[start : start + _BATCH]])
            vectors += made.vectors
            self.usage += made.usage
        rows = [
            {
                "id": d.id,
                "text": d.text,
                "metadata": json.dumps(dict(d.metadata)),
                "facets": facets(d.metadata),
                "vector": vector,
            }
            for d, vector in zip(documents, vectors, strict=True)
        ]
        table = await self._opened(len(vectors[0]))
        merge = table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
        await merge.execute(_arrow().Table.from_pylist(rows, schema=await table.schema()))

    async def _opened(self, dimensions: int = 0) -> Any:
        """Give the table; None where there is none and no dimensions to make it with.

        Raises:
            ConfigError: The folder holds another embedder's vectors, or cannot be used.
        """
        if self._table is not None:
            return self._table
        lancedb: Any = await asyncio.to_thread(_lancedb)
        try:
            if self._db is None:
                self._db = await lancedb.connect_async(
                    str(self.path), read_consistency_interval=timedelta(0)
                )
            if _TABLE not in (await self._db.list_tables()).tables:
                if not dimensions:
                    return None
                schema = _schema(dimensions, self.embedder.name)
                await self._db.create_table(_TABLE, schema=schema, exist_ok=True)
            table = await self._db.open_table(_TABLE)
            self._check((await table.schema()).metadata or {})
        except (OSError, RuntimeError, ValueError) as error:
            mend = "Point to a folder that can be written, and holds nothing else."
            raise ConfigError(f"Documents in {self.path}: {error}", mend) from error
        self._table = table
        return table

    def _check(self, facts: dict[bytes, bytes]) -> None:
        theirs = facts.get(_EMBEDDER, b"").decode()
        if theirs != self.embedder.name:
            raise ConfigError(
                f"Documents in {self.path} were embedded by {theirs or 'another program'}, not by "
                f"{self.embedder.name}",
                "Use that embedder, or another folder.",
            )


def _lancedb() -> Any:
    return import_module("lancedb")


def _arrow() -> Any:
    return import_module("pyarrow")


def _schema(dimensions: int, embedder: str) -> Any:
    arrow = _arrow()
    columns = {
        "id": arrow.string(),
        "text": arrow.string(),
        "metadata": arrow.string(),
        "facets": arrow.list_(arrow.string()),
        "vector": arrow.list_(arrow.float32(), dimensions),
    }
    return arrow.schema(list(columns.items()), metadata={_EMBEDDER: embedder.encode()})


def _quoted(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _any_of(group: Sequence[str]) -> str:
    return f"array_has_any(facets, [{', '.join(_quoted(one) for one in group)}])"


def _told(row: dict[str, Any]) -> bool:
    """Whether there is a distance: a text of nothing has a vector without a direction."""
    distance = row.get("_distance")
    return distance is not None and isfinite(distance)


def _document(row: dict[str, Any], score: float | None) -> Document:
    metadata = json.loads(row["metadata"])
    return Document(id=row["id"], text=row["text"], score=score, metadata=metadata)
