"""The table that Terraform plans is the one that the stores are tested with."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from batuta.offline import OfflineModel
from batuta.standin import standin_in_thread
from batuta.storage.dynamodb_client import DynamoTable, TableOptions
from batuta.storage.dynamodb_standin import DynamoStandIn
from batuta.storage.dynamodb_table import create_table
from tests.deploy.cloud import REGION
from tests.deploy.conftest import Rooted
from tests.deploy.table import afterwards, create_request

_OF_ITS_OWN = (
    "TableName",
    "TableArn",
    "TableId",
    "CreationDateTime",
    "IndexArn",
    "KMSMasterKeyArn",
)


BACKUPS = "point_in_time_recovery {\n    enabled = "


def plain(value: Any) -> Any:
    """Leave out what is of each table its own, and the order of what has none."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k not in _OF_ITS_OWN}
    if isinstance(value, list):
        return sorted(map(plain, value), key=repr)
    return value


def described(client: Any, name: str) -> Any:
    return plain(
        [
            client.describe_table(TableName=name)["Table"],
            client.describe_time_to_live(TableName=name)["TimeToLiveDescription"],
            client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"][
                "PointInTimeRecoveryDescription"
            ]["PointInTimeRecoveryStatus"],
        ]
    )


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("", "", True),
        ('"booked_at",', "", False),
        ('hash_key        = "listing"', 'hash_key        = "place"', False),
        ('attribute_name = "expires_at"', 'attribute_name = "expires"', False),
        (f"{BACKUPS}true", f"{BACKUPS}false", False),
        ('"PAY_PER_REQUEST"', '"PAY_PER_REQUESTS"', False),
    ],
)  # fmt: skip
async def test_planned_table_is_the_stores_own(
    root: Rooted, old: str, new: str, same: bool
) -> None:
    shared = root("shared")
    file = shared.folder / "main.tf"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    plan = shared.plan()
    with standin_in_thread(OfflineModel(), more={"/": DynamoStandIn()}) as server:
        own = DynamoTable("own", TableOptions(region=REGION, endpoint_url=server.url, signed=False))
        await create_table(own)
        await own.aclose()
        client = boto3.client(
            "dynamodb",
            region_name=REGION,
            endpoint_url=server.url,
            config=Config(signature_version=UNSIGNED),
        )
        try:
            try:
                client.create_table(**create_request(plan))
            except client.exceptions.ClientError:
                assert not same
                return
            expiry, backups = afterwards(plan)
            client.update_time_to_live(TableName="batuta", TimeToLiveSpecification=expiry)
            client.update_continuous_backups(
                TableName="batuta", PointInTimeRecoverySpecification=backups
            )
            assert (described(client, "batuta") == described(client, "own")) is same
            client.delete_table(TableName="batuta")
        finally:
            client.delete_table(TableName="own")
            client.close()
