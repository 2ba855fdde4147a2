"""What calls functions on Lambda, and does a managed agent's actions, as the settings say."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from batuta.errors import ConfigError, missing_extra
from batuta.settings import VendorSettings

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.redaction import Secret
    from batuta.remote.aws_lambda import LambdaAccess
    from batuta.remote.aws_lambda.actions import Actions
    from batuta.runtimes.local import LocalRuntime
    from batuta.settings import Settings

LAMBDA = "lambda:"


def function_of(addresses: tuple[str, ...]) -> str:
    """Give the function among an agent's addresses; empty where it lives on no Lambda.

    Raises:
        ConfigError: There are others beside it.

    >>> function_of(("lambda:booking:live",)), function_of(("127.0.0.1:50051",))
    ('booking:live', '')
    """
    found = [each for each in addresses if each.startswith(LAMBDA)]
    if found and len(addresses) > 1:
        raise ConfigError(
            f"An agent has several addresses, and {found[0]} among them",
            "A function stands alone: Lambda runs as many of it as are needed.",
        )
    return found[0].removeprefix(LAMBDA) if found else ""


def lambda_access(settings: Settings, secret: Secret) -> LambdaAccess:
    """Give what functions are called with; nothing is asked of AWS yet.

    Raises:
        ConfigError: An extra is missing, or nothing is set that a run's budget is counted in.
    """
    missing = [name for name in ("botocore", "jwt") if find_spec(name) is None]
    if missing:
        raise missing_extra(f"Agents on Lambda need {missing[0]}", "lambda")
    if settings.store != "dynamodb":
        raise ConfigError(
            "Agents on Lambda count a run's budget in DynamoDB, and setting store is not dynamodb",
            "Set BATUTA_STORE=dynamodb and BATUTA_TABLE to the table of the functions.",
        )
    from batuta.remote.aws_lambda import FunctionOptions, Functions, LambdaAccess
    from batuta.storage.dynamodb_client import DynamoTable, TableOptions
    from batuta.storage.dynamodb_ledger import DynamoLedger

    import_module("jwt")  # slow to import: not while somebody waits for a call
    where = settings.vendors.get("dynamodb", VendorSettings())
    table = DynamoTable(
        settings.table, TableOptions(region=where.region, endpoint_url=where.base_url)
    )
    functions = Functions(FunctionOptions(region=where.region), reply_bytes=settings.call_bytes)
    return LambdaAccess(functions=functions, ledger=DynamoLedger(table), secret=secret)


def actions_of(app: App, runtime: LocalRuntime, secret: Secret) -> Actions:
    """Make what does the actions of an App's Bedrock Agent."""
    from batuta.models.bedrock_agent.definition import value_of
    from batuta.remote.aws_lambda.actions import Actions

    return Actions(
        tools=app.tools,
        runtime=runtime,
        secret=secret,
        read=value_of,
        hooks=app.hooks,
        time_zone=app.time_zone,
    )
