"""A document of any length in DynamoDB: a head item that says what it is, and pieces beside it.

Most fit their head. Of a longer one the pieces are written first, under a mark of their own, and
count once the head names the mark: readers see the old document or the new one, never half.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from batuta.core.ids import new_id
from batuta.core.result import json_text
from batuta.errors import StoreUnusable
from batuta.storage.dynamodb_client import DynamoTable, typed
from batuta.storage.dynamodb_table import INDEX

HEAD = "HEAD"
_PIECE = "PIECE"
_PIECE_BYTES = 256 * 1024  # leaves the head some room below DynamoDB's 400 kB
_READ_TRIES = 5


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as it was read.

    Args:
        head: Its attributes, as plain values.
    """

    head: Mapping[str, Any]
    pieces: Sequence[bytes]

    def value(self) -> Any:
        """Decode it.

        Raises:
            ValueError: It was damaged, or not written by this module.
        """
        return unpacked(b"".join(self.pieces))


@dataclass(frozen=True, slots=True)
class Packed:
    """A document to be written."""

    mark: str
    pieces: Sequence[bytes]

    def attributes(self) -> dict[str, str | int | bytes]:
        """Give what the head says of it."""
        return {"body": self.pieces[0], "pieces": len(self.pieces) - 1, "mark": self.mark}


class Documents:
    """Reads and writes documents of one kind in a table.

    Args:
        keep_days: How long after its last save a document is kept.
    """

    def __init__(self, table: DynamoTable, keep_days: float) -> None:
        self.table = table
        self._kept = timedelta(days=keep_days)

    def now(self) -> int:
        """Give the time as expiry is written: in epoch seconds."""
        return int(self.table.clock.now().timestamp())

    def expiry(self, days: float | None = None) -> int:
        """Say when a document that is saved now expires; None takes the days of its kind."""
        kept = self._kept if days is None else timedelta(days=days)
        return int((self.table.clock.now() + kept).timestamp())

    def place(self) -> str:
        """Give the place of what is saved now among what was saved before; it sorts as text."""
        return f"{self.table.clock.now():%Y-%m-%dT%H:%M:%S.%f}"

    async def read(self, pk: str) -> StoredDocument | None:
        """Read a document that has not expired; None where there is none.

        Raises:
            StoreUnusable: Part of it is gone.
        """
        for _ in range(_READ_TRIES):
            items = await self._items(pk)
            head = items[0] if items and items[0]["sk"] == HEAD else None
            if head is None or head["expires_at"] <= self.now():
                return None
            rest = [i["body"] for i in items if i["sk"].startswith(f"{_PIECE}#{head['mark']}#")]
            if len(rest) == head["pieces"]:
                return StoredDocument(head, (head["body"], *rest))
            # A save put other pieces in their place between two pages: the next look sees those.
        mend = "Delete it, or restore the table to a moment when it was whole."
        lost = StoreUnusable(pk, "has lost pieces", mend)
        lost.add_note(f"In {self.table.what}")
        raise lost

    async def pack(self, value: Any, *, order: int = 0) -> Packed:
        """Encode a document, in a thread.

        Args:
            order: Its version; ``forget`` goes by it.
        """
        whole = await self.table.away(lambda: packed(value))
        cuts = range(0, len(whole), _PIECE_BYTES)
        pieces = [whole[at : at + _PIECE_BYTES] for at in cuts]
        return Packed(f"{order:010}-{new_id('save')}", pieces)

    async def write_pieces(self, pk: str, made: Packed) -> None:
        """Write what the head has no room for; until the head is written it does not count."""
        expires = self.expiry()
        for number, piece in enumerate(made.pieces[1:], 1):
            sk = f"{_PIECE}#{made.mark}#{number:05}"
            item = {"pk": pk, "sk": sk, "body": piece, "expires_at": expires}
            await self.table.do("put_item", Item=typed(item))

    async def forget(self, pk: str, *, of: str = "", before: int | None = None) -> None:
        """Delete pieces that no head names any more.

        Args:
            of: Mark of the pieces; empty for all.
            before: Only those of versions before this one.
        """
        last = f"{_PIECE}#{of}~" if before is None else f"{_PIECE}#{before:010}"
        asked = {
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": typed({
                ":pk": pk, ":first": f"{_PIECE}#{of}", ":last": last,
            }),
            "ProjectionExpression": "pk, sk",
        }  # fmt: skip
        async for page in self.table.pages("query", **asked):
            for key in page:
                await self.table.do("delete_item", Key=typed(key))

    async def listed(self, listing: str, limit: int) -> list[dict[str, Any]]:
        """Read what a listing shows of its newest documents, newest first."""
        found: list[dict[str, Any]] = []
        if limit < 1:
            return found
        asked = {
            "IndexName": INDEX,
            "KeyConditionExpression": "listing = :listing",
            "FilterExpression": "expires_at > :now",
            "ExpressionAttributeValues": typed({":listing": listing, ":now": self.now()}),
            "ScanIndexForward": False,
            "Limit": limit,
        }
        async for page in self.table.pages("query", **asked):
            found += page
            if len(found) >= limit:
                break
        return found[:limit]

    async def read_all(self, keys: Sequence[str]) -> list[StoredDocument]:
        """Read several at once, in the order given, without those that are gone."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.read(pk)) for pk in keys]
        return [found for task in tasks if (found := task.result()) is not None]

    async def _items(self, pk: str) -> list[dict[str, Any]]:
        asked = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": typed({":pk": pk}),
            "ConsistentRead": True,
        }
        return [item async for page in self.table.pages("query", **asked) for item in page]


def packed(value: Any) -> bytes:
    """Encode a JSON-able value, compressed."""
    return zlib.compress(json_text(value).encode())


def unpacked(raw: bytes) -> Any:
    """Decode what ``packed`` wrote.

    Raises:
        ValueError: It is something else.
    """
    try:
        return json.loads(zlib.decompress(raw))
    except zlib.error as error:
        raise ValueError(f"it does not decompress: {error}") from error
