"""A run's budget in a DynamoDB table: one item that every process of the run counts in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from batuta.core.ledger import Counts
from batuta.errors import RuntimeFailure
from batuta.storage.dynamodb_client import DynamoTable, keyed, plain, typed
from batuta.storage.dynamodb_failures import ConditionFailed
from batuta.storage.dynamodb_table import EXPIRY

_ITEM = "LEDGER"
_KEPT = timedelta(days=1)
_GIVEN_UP = "given_up"


class DynamoLedger:
    """A ``Ledger`` in a table, which the other stores may share.

    A write whose answer was lost is sent again by botocore, and may then count twice. A run's item
    expires a day after it was begun.
    """

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    async def open(self, run_id: str, counts: Counts) -> None:
        """See ``Ledger.open``."""
        expires = int((self._table.clock.now() + _KEPT).timestamp())
        item = {**_key(run_id), **counts._asdict(), EXPIRY: expires}
        try:
            await self._table.do(
                "put_item", Item=typed(item), ConditionExpression="attribute_not_exists(pk)"
            )
        except ConditionFailed:
            return

    async def add(
        self, run_id: str, more: Counts, most: Mapping[str, int]
    ) -> tuple[bool, Counts]:  # fmt: skip
        """See ``Ledger.add``."""
        conditions = ["attribute_exists(pk)", *(f"{name} <= :most_{name}" for name in most)]
        values = {f":{name}": value for name, value in more._asdict().items()}
        values |= {f":most_{name}": value for name, value in most.items()}
        try:
            answer = await self._table.do(
                "update_item",
                Key=typed(_key(run_id)),
                UpdateExpression=f"ADD {', '.join(f'{name} :{name}' for name in Counts._fields)}",
                ConditionExpression=" AND ".join(conditions),
                ExpressionAttributeValues=typed(values),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ConditionFailed as error:
            return False, self._counts(run_id, error.item)
        return True, self._counts(run_id, answer["Attributes"])

    async def give_up(self, run_id: str, call: str) -> None:
        """See ``Ledger.give_up``."""
        await self._table.do(
            "update_item",
            Key=typed(_key(run_id)),
            UpdateExpression=f"ADD {_GIVEN_UP} :call",
            ExpressionAttributeValues={":call": {"SS": [call]}},
        )

    async def is_given_up(self, run_id: str, call: str) -> bool:
        """See ``Ledger.is_given_up``."""
        answer = await self._table.do(
            "get_item",
            Key=typed(_key(run_id)),
            ProjectionExpression=_GIVEN_UP,
            ConsistentRead=True,
        )
        return call in answer.get("Item", {}).get(_GIVEN_UP, {}).get("SS", ())

    async def aclose(self) -> None:
        """See ``Ledger.aclose``; closes the table."""
        await self._table.aclose()

    def _counts(self, run_id: str, item: Mapping[str, Any]) -> Counts:
        if not item:
            what = f"has no ledger of run {run_id}: it expired, or was deleted"
            raise RuntimeFailure("elsewhere", f"{self._table.what} {what}")
        told = plain(item)
        return Counts(*(told[name] for name in Counts._fields))


def _key(run_id: str) -> dict[str, str | int | bytes]:
    return {"pk": keyed(_ITEM, run_id), "sk": _ITEM}
