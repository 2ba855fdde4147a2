"""The bytes of images and files in a DynamoDB table, cut into items of less than 400 kB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from batuta.core.attachment import Attachment
from batuta.storage.dynamodb_client import DynamoTable, keyed, typed
from batuta.storage.dynamodb_table import EXPIRY

_PIECE_BYTES = 350 * 1024
_DAY_S = 86_400


class DynamoAttachments:
    """An ``AttachmentStore`` in a table, which the other stores may share.

    An image of 5 MB is 15 items; a conversation's are all under one key.

    Args:
        keep_days: Days after its last use that an image or a file is kept.
    """

    def __init__(self, table: DynamoTable, *, keep_days: float = 90) -> None:
        self._table, self._keep_s = table, int(keep_days * _DAY_S)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def put(
        self, session_id: str, principal_id: str, attachments: Sequence[Attachment]
    ) -> None:
        """See ``AttachmentStore.put``."""
        for each in attachments:
            if each.content is not None:
                await self._write(_key(session_id, principal_id), each.digest, each.data)

    async def get(
        self, session_id: str, principal_id: str, digests: Sequence[str]
    ) -> Mapping[str, bytes]:
        """See ``AttachmentStore.get``; what is read once a day stays for as long again."""
        pk, now, made = _key(session_id, principal_id), self._now(), dict[str, bytes]()
        for digest in digests:
            items = await self._items(pk, digest)
            living = [item for item in items if item[EXPIRY] > now]
            if not living or len(living) != living[0]["pieces"]:
                continue
            made[digest] = b"".join(item["body"] for item in living)
            if living[0][EXPIRY] <= now + self._keep_s - _DAY_S:
                await self._write(pk, digest, made[digest])
        return made

    async def delete(self, session_id: str, principal_id: str) -> None:
        """See ``AttachmentStore.delete``."""
        for item in await self._items(_key(session_id, principal_id), ""):
            await self._table.do("delete_item", Key=typed({"pk": item["pk"], "sk": item["sk"]}))

    async def probe(self) -> None:
        """See ``Probe.probe``."""
        await self._table.probe()

    async def aclose(self) -> None:
        """Close the table, and with it every store on it; again does nothing."""
        await self._table.aclose()

    async def _write(self, pk: str, digest: str, content: bytes) -> None:
        cuts = range(0, len(content), _PIECE_BYTES)
        for number, at in enumerate(cuts):
            item: dict[str, str | int | bytes] = {
                "pk": pk,
                "sk": f"{digest}#{number:05}",
                "pieces": len(cuts),
                "body": content[at : at + _PIECE_BYTES],
                EXPIRY: self._now() + self._keep_s,
            }
            await self._table.do("put_item", Item=typed(item))

    async def _items(self, pk: str, digest: str) -> list[dict[str, Any]]:
        between = {":pk": pk, ":first": digest or "#", ":last": f"{digest}~"}
        asked = {
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": typed(between),
            "ConsistentRead": True,
        }
        return [item async for page in self._table.pages("query", **asked) for item in page]

    def _now(self) -> int:
        return int(self._table.clock.now().timestamp())


def _key(session_id: str, principal_id: str) -> str:
    return keyed("ATTACHMENTS", f"{principal_id}|{session_id}")
