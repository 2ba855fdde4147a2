from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from batuta.storage.dynamodb_client import DynamoTable, TableOptions, typed

Open = Callable[[], DynamoTable]


def post(url: str, body: bytes, **headers: str) -> tuple[int, dict[str, str], Any]:
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port)
    try:
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        told = {name.lower(): text for name, text in answer.getheaders()}
        return answer.status, told, json.loads(answer.read())
    finally:
        connection.close()


def test_every_answer_says_that_it_is_a_stand_ins(dynamodb_url: str) -> None:
    target = {"X-Amz-Target": "DynamoDB_20120810.ListTables"}
    status, headers, said = post(dynamodb_url, b"{}", **target)
    assert (status, headers["x-batuta-stand-in"]) == (200, "true")
    assert "TableNames" in said


@pytest.mark.parametrize("target", ["", "SQS.SendMessage", "DynamoDB_20120810.Nope"])
def test_what_it_does_not_know_is_refused_as_dynamodb_refuses(
    dynamodb_url: str, target: str
) -> None:
    status, _, said = post(dynamodb_url, b"{}", **{"X-Amz-Target": target})
    assert status == 400
    assert said["__type"].endswith("#UnknownOperationException")


def test_it_answers_to_this_machine_alone(dynamodb_url: str) -> None:
    target = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Host": "elsewhere.example"}
    assert post(dynamodb_url, b"{}", **target)[0] == 403


def test_too_long_a_request_is_refused_and_the_next_is_answered(dynamodb_url: str) -> None:
    target = {"X-Amz-Target": "DynamoDB_20120810.ListTables"}
    status, _, said = post(dynamodb_url, b"x" * 17 * 1_048_576, **target)
    assert (status, said["__type"].partition("#")[2]) == (400, "SerializationException")
    assert post(dynamodb_url, b"{}", **target)[0] == 200


async def test_clients_of_any_region_find_the_same_table(open_table: Open) -> None:
    here = open_table()
    options = TableOptions(region="ap-south-1", endpoint_url=here.options.endpoint_url)
    there = DynamoTable(here.name, options)
    await here.do("put_item", Item=typed({"pk": "a", "sk": "b"}))
    assert (await there.do("scan"))["Count"] == 1
    await there.aclose()


def test_of_many_transactions_at_once_each_is_whole_or_not_at_all(open_table: Open) -> None:
    """The very thing that moto's own server, which has threads, does not do."""
    clients, together = (
        [open_table()._service._connected() for _ in range(12)],
        threading.Barrier(12),
    )
    name, rounds = open_table().name, 8

    def work(number: int) -> list[bool]:
        won: list[bool] = []
        for turn in range(rounds):
            puts = (f"slot{turn}", "lock"), (f"member{number}", f"booking{turn}")
            together.wait()
            try:
                clients[number].transact_write_items(
                    TransactItems=[
                        {
                            "Put": {
                                "TableName": name,
                                "Item": typed({"pk": pk, "sk": sk}),
                                "ConditionExpression": "attribute_not_exists(pk)",
                            }
                        }
                        for pk, sk in puts
                    ]
                )
            except clients[number].exceptions.TransactionCanceledException:
                won.append(False)
            else:
                won.append(True)
        return won

    with ThreadPoolExecutor(12) as pool:
        won = list(pool.map(work, range(12)))
    assert [sum(column) for column in zip(*won, strict=True)] == [1] * rounds
    found = clients[0].scan(TableName=name)["Items"]
    assert len(found) == 2 * rounds
