from __future__ import annotations

from collections.abc import Callable
from typing import Any

from batuta.storage.dynamodb_client import DynamoTable
from batuta.storage.dynamodb_table import DEFINITION, INDEX, INDEXED, create_table
from batuta.tennis.bookings import new_booking
from batuta.tennis.bookings_dynamodb import _item_of
from tests.contract.booking_store import NOW, slot

Open = Callable[[], DynamoTable]


def sorted_by_name(attributes: list[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(attributes, key=lambda each: each["AttributeName"])


async def test_the_table_is_made_as_it_is_defined(open_table: Open) -> None:
    table = open_table()
    made: dict[str, Any] = (await table.do("describe_table"))["Table"]
    assert made["KeySchema"] == DEFINITION["KeySchema"]
    wanted = sorted_by_name(DEFINITION["AttributeDefinitions"])
    assert sorted_by_name(made["AttributeDefinitions"]) == wanted
    assert made["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert made["SSEDescription"]["Status"] == "ENABLED"
    assert [index["IndexName"] for index in made["GlobalSecondaryIndexes"]] == [INDEX]
    assert made["GlobalSecondaryIndexes"][0]["Projection"]["NonKeyAttributes"] == list(INDEXED)


async def test_items_expire_and_the_past_can_be_restored(open_table: Open) -> None:
    table = open_table()
    expiry = await table.do("describe_time_to_live")
    assert expiry["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "expires_at",
    }
    backups = (await table.do("describe_continuous_backups"))["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


async def test_a_table_that_stands_is_left_as_it_is(open_table: Open) -> None:
    table = open_table()
    await table.do("put_item", Item={"pk": {"S": "a"}, "sk": {"S": "b"}})
    assert not await create_table(table)
    assert (await table.do("scan"))["Count"] == 1


def test_the_index_shows_no_more_than_dynamodb_takes_and_all_of_a_booking() -> None:
    assert len(INDEXED) == len(set(INDEXED)) <= 20
    made = _item_of(new_booking(slot(), "ana", key="k", now=NOW))
    assert set(made) - {"pk", "sk", "listing", "place"} <= set(INDEXED)
