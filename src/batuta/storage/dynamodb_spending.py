"""What runs spent, as items of a DynamoDB table that never expire: one for each run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from batuta.core.record import RunRecord
from batuta.core.spending import RunSpending, spending_of
from batuta.storage.content import content_of
from batuta.storage.dynamodb_client import DynamoTable, keyed, typed
from batuta.storage.dynamodb_document import packed, unpacked

_KIND = "SPENDING"
_NAMES = ("run_id", "principal_id", "session_id", "style", "app")


def spending_update(record: RunRecord, day: str) -> dict[str, Any]:
    """Say how to write what a run spent; a second time replaces it, and keeps its day."""
    made = spending_of(record, day)
    key = {"pk": keyed(_KIND, record.principal_id), "sk": keyed("RUN", record.run_id)}
    values: dict[str, str | int | bytes] = {name: getattr(made, name) for name in _NAMES}
    values["spent"] = packed(made.body())
    told = ", ".join(f"#{name} = :{name}" for name in values)
    return {
        "Key": typed({**key}),
        "UpdateExpression": f"SET #day = if_not_exists(#day, :day), {told}",
        "ExpressionAttributeNames": {f"#{name}": name for name in ("day", *values)},
        "ExpressionAttributeValues": typed(
            {":day": made.day, **{f":{name}": value for name, value in values.items()}}
        ),
    }


async def read_spending(
    table: DynamoTable, principal_id: str | None, since: str
) -> Sequence[RunSpending]:
    """Read what was spent, by day; of everybody by a scan, which reads the whole table."""
    values = {":since": since or "0"}
    asked: dict[str, Any] = {
        "FilterExpression": "#day >= :since",
        "ExpressionAttributeNames": {"#day": "day"},
    }
    if principal_id is None:
        operation, values[":kind"] = "scan", f"{_KIND}#"
        asked["FilterExpression"] += " AND begins_with(pk, :kind)"
    else:
        operation, values[":pk"] = "query", keyed(_KIND, principal_id)
        asked |= {"KeyConditionExpression": "pk = :pk", "ConsistentRead": True}
    asked["ExpressionAttributeValues"] = typed({**values})
    found = [item async for page in table.pages(operation, **asked) for item in page]

    def read() -> Sequence[RunSpending]:
        made = [
            content_of(lambda i=i: _spending(i), f"Run {i['run_id']!r}", table.what) for i in found
        ]
        return sorted(made, key=lambda each: (each.day, each.run_id))

    return await table.away(read)


def _spending(item: dict[str, Any]) -> RunSpending:
    keys = {name: item[name] for name in (*_NAMES, "day")}
    return RunSpending.of_body(unpacked(item["spent"]), **keys)
