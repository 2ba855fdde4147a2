"""The table of the shared root, as DynamoDB's API takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.deploy.terraform import resources


def create_request(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Make what ``CreateTable`` takes of a plan or state."""
    (table,) = (each["values"] for each in resources(shown, "aws_dynamodb_table"))
    return {
        "TableName": table["name"],
        "BillingMode": table["billing_mode"],
        "AttributeDefinitions": [
            {"AttributeName": each["name"], "AttributeType": each["type"]}
            for each in table["attribute"]
        ],
        "KeySchema": _keys(table),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index["name"],
                "KeySchema": _keys(index),
                "Projection": {
                    "ProjectionType": index["projection_type"],
                    "NonKeyAttributes": index["non_key_attributes"],
                },
            }
            for index in table["global_secondary_index"]
        ],
        "SSESpecification": {"Enabled": table["server_side_encryption"][0]["enabled"]},
    }


def afterwards(shown: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Make what sets the table's expiry and backups."""
    (table,) = (each["values"] for each in resources(shown, "aws_dynamodb_table"))
    expiry, backups = table["ttl"][0], table["point_in_time_recovery"][0]
    return (
        {"Enabled": expiry["enabled"], "AttributeName": expiry["attribute_name"]},
        {"PointInTimeRecoveryEnabled": backups["enabled"]},
    )


def _keys(of: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {"AttributeName": of["hash_key"], "KeyType": "HASH"},
        {"AttributeName": of["range_key"], "KeyType": "RANGE"},
    ]
