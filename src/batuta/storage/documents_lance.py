"""Documents found by what they mean: vectors in LanceDB, a database in a folder."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from math import isfinite
from pathlib import Path
from typing import Any, Self, TypeVar

from batuta.core.clock import Clock, SystemClock
from batuta.core.model import Usage
from batuta.core.result import json_text
from batuta.errors import ConfigError, StoreBusy, missing_extra
from batuta.parts.documents import Document, Where, facets, query_text, wanted
from batuta.parts.retrieval import Embedder, embedded_queries
from batuta.storage.documents import MOST_CHARS, refuse, refuse_known

_TABLE = "documents"
_BATCH = 64
_EMBEDDER = b"batuta.embedder"
_KEY = b"lance-schema:unenforced-primary-key"
_TRIES = 8
_CONFLICT = re.compile(r"(?i)conflict|concurrent|retry")
_T = TypeVar("_T")


class LanceDocuments:
    """A ``DocumentStore`` that ranks by the cosine of vectors, compared one by one: no guesses.

    Scores are -1 to 1. Whatever is written is on the disk; other processes see it at once.

    Args:
        path: The folder, made at the first use.
        embedder: Turns texts into vectors; the folder remembers which, and takes no other.
        most_chars: Longest text of one document.
        clock: Waits where others write; None takes the machine's.

    Raises:
        ConfigError: LanceDB is not installed.
    """

    def __init__(
        self,
        path: Path | str,
        embedder: Embedder,
        *,
        most_chars: int = MOST_CHARS,
        clock: Clock | None = None,
    ) -> None:
        if find_spec("lancedb") is None:
            raise missing_extra("LanceDB is not installed", "rag")
        self.path, self.embedder = Path(path), embedder
        self.usage = Usage()
        self._most_chars, self._clock = most_chars, clock or SystemClock()
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
                refuse_known(await _known(table, documents))
            await self._put(documents, new=True)

    async def update(self, documents: Sequence[Document]) -> None:
        """See ``DocumentStore.update``; embeds the texts like ``add``."""
        refuse(documents, self._most_chars)
        async with self._writing:
            await self._put(documents, new=False)

    async def delete(self, *ids: str) -> int:
        """See ``DocumentStore.delete``."""
        async with self._writing:
            table = await self._opened()
            if table is None:
                return 0
            gone = 0
            for identity in ids:
                quoted, chunk = _quoted(identity), _quoted(f"{identity}#")
                which = f"id = {quoted} OR starts_with(id, {chunk})"
                done = await self._retried(lambda which=which: table.delete(which))
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
        made = await embedded_queries(self.embedder, [query])
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

        Raises:
            StoreBusy: Others wrote all the time; what is stored is as it was.
        """
        table = await self._opened()
        if table is not None:
            old = timedelta(seconds=unused_s)
            await self._retried(lambda: table.optimize(cleanup_older_than=old))

    async def _put(self, documents: Sequence[Document], *, new: bool) -> None:
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
                "metadata": json_text(dict(d.metadata)),
                "facets": facets(d.metadata),
                "vector": vector,
            }
            for d, vector in zip(documents, vectors, strict=True)
        ]
        table = await self._opened(len(vectors[0]))
        merge = table.merge_insert("id").when_not_matched_insert_all()
        if not new:
            merge = merge.when_matched_update_all()
        made = _arrow().Table.from_pylist(rows, schema=await table.schema())
        done = await self._retried(lambda: merge.execute(made))
        if new and done.num_inserted_rows < len(documents):
            await self._undo(documents, done.version)

    async def _undo(self, documents: Sequence[Document], version: int) -> None:
        """Take out again what was added, as another was faster with some of it.

        Raises:
            InvalidInput: Always: it says which.
        """
        before = await self._db.open_table(_TABLE)
        await before.checkout(version - 1)
        known = await _known(before, documents)
        before.close()
        ours = ", ".join(_quoted(d.id) for d in documents if d.id not in known)
        if ours:
            await self._retried(lambda: self._table.delete(f"id IN ({ours})"))
        refuse_known(known)

    async def _retried(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """Do what others' writes may have got in the way of, again.

        Raises:
            StoreBusy: They did every time.
        """
        began = self._clock.monotonic()
        for attempt in range(1, _TRIES + 1):
            try:
                return await work()
            except RuntimeError as error:  # the library has no class of its own for it
                if not _CONFLICT.search(str(error)):
                    raise
                if attempt == _TRIES:
                    waited_s = self._clock.monotonic() - began
                    raise StoreBusy("Folder of documents", waited_s) from error
            await self._clock.sleep(min(0.02 * 2**attempt, 1.0))
        raise AssertionError("the last attempt returns or raises")

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
            await self._mark(table)
        except (OSError, RuntimeError, ValueError) as error:
            mend = "Point to a folder that can be written, and holds nothing else."
            raise ConfigError(f"Documents in {self.path}: {error}", mend) from error
        self._table = table
        return table

    async def _mark(self, table: Any) -> None:
        """Let the id of a folder from before be its key; without, two writers can make two rows."""
        facts: Mapping[bytes, bytes] = (await table.schema()).field("id").metadata or {}
        if any(each.startswith(_KEY) for each in facts):
            return
        await self._retried(lambda: table.alter_columns({"path": "id", "nullable": False}))
        await self._retried(lambda: table.set_unenforced_primary_key("id"))
        rows: list[dict[str, Any]] = await table.query().to_list()
        times = Counter(row["id"] for row in rows)
        for identity in [each for each, number in times.items() if number > 1]:
            newest = [row for row in rows if row["id"] == identity][-1:]
            kept = _arrow().Table.from_pylist(newest, schema=await table.schema())
            await self._retried(lambda which=identity: table.delete(f"id = {_quoted(which)}"))
            await self._retried(lambda kept=kept: table.add(kept))

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
        "text": arrow.string(),
        "metadata": arrow.string(),
        "facets": arrow.list_(arrow.string()),
        "vector": arrow.list_(arrow.float32(), dimensions),
    }
    # "Unenforced" to the library, and yet what lets a second writer see the row of the first.
    key = arrow.field("id", arrow.string(), nullable=False, metadata={_KEY: b"true"})
    return arrow.schema([key, *columns.items()], metadata={_EMBEDDER: embedder.encode()})


async def _known(table: Any, documents: Sequence[Document]) -> set[str]:
    listed = ", ".join(_quoted(d.id) for d in documents)
    rows: list[dict[str, Any]] = (
        await table.query().where(f"id IN ({listed})").select(["id"]).to_list()
    )
    return {row["id"] for row in rows}


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
