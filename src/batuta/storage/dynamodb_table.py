"""The DynamoDB table: keys, index, expiry and safeguards, in the one place that says them.

Whatever makes the table, Terraform or the stand-in, makes it like this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batuta.aws.errors import raised_by_aws
from batuta.storage.dynamodb_failures import code_of

if TYPE_CHECKING:
    from batuta.storage.dynamodb_client import DynamoTable

INDEX = "listings"
"""Gives what belongs together by ``listing``, in the order of ``place``."""

EXPIRY = "expires_at"
"""Epoch seconds after which DynamoDB may delete an item, within days."""

# What a listing shows of each thing; long texts stay out of the index, as it is paid for twice.
INDEXED = (
    *("session_id", "run_id", "principal_id", "version", "updated_at", "state", EXPIRY),
    *("booking_id", "slot_id", "court", "playing_day", "start_utc", "end_utc"),
    *("member_id", "booking_status", "booked_at"),
)

DEFINITION: dict[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "listing", "place")
    ],
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": INDEX,
            "KeySchema": [
                {"AttributeName": "listing", "KeyType": "HASH"},
                {"AttributeName": "place", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(INDEXED)},
        }
    ],
    "SSESpecification": {"Enabled": True},
}
"""What ``CreateTable`` takes, but for the name."""

TIME_TO_LIVE = {"Enabled": True, "AttributeName": EXPIRY}
POINT_IN_TIME_RECOVERY = {"PointInTimeRecoveryEnabled": True}


async def create_table(table: DynamoTable) -> bool:
    """Make the table with its expiry and its backups, for the stand-in and for development.

    Returns:
        Whether it was made; False where it stood already, which is left as it is.
    """
    try:
        await table.do("create_table", **DEFINITION)
    except raised_by_aws() as error:
        if code_of(error) == "ResourceInUseException":
            return False
        raise
    await table.wait_until_made()
    await table.do("update_time_to_live", TimeToLiveSpecification=TIME_TO_LIVE)
    await table.do(
        "update_continuous_backups", PointInTimeRecoverySpecification=POINT_IN_TIME_RECOVERY
    )
    return True
