"""What calls functions on Lambda, and does a managed agent's actions, as the settings say."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from batuta.core.ids import new_secret
from batuta.core.redaction import Secret
from batuta.errors import ConfigError
from batuta.settings import VendorSettings
from batuta.styles import managed_agent

if TYPE_CHECKING:
    from batuta.core.app import App
    from batuta.core.clock import Clock
    from batuta.core.model import Model
    from batuta.runtimes.aws_lambda import LambdaAccess
    from batuta.runtimes.aws_lambda.actions import Actions
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
        raise ConfigError(
            f"Agents on Lambda need {missing[0]}", "Run: pip install 'batuta[lambda]'."
        )
    if settings.store != "dynamodb":
        raise ConfigError(
            "Agents on Lambda count a run's budget in DynamoDB, and setting store is not dynamodb",
            "Set BATUTA_STORE=dynamodb and BATUTA_TABLE to the table of the functions.",
        )
    from batuta.models.aws_calls import Guard, watch
    from batuta.runtimes.aws_lambda import Functions, LambdaAccess, Reach
    from batuta.stores.dynamodb_client import DynamoTable
    from batuta.stores.dynamodb_client import Reach as TableReach
    from batuta.stores.dynamodb_ledger import DynamoLedger

    import_module("jwt")  # slow to import: not while somebody waits for a call
    where = settings.vendors.get("dynamodb", VendorSettings())
    table = DynamoTable(
        settings.table, TableReach(region=where.region, endpoint_url=where.base_url)
    )
    functions = Functions(Reach(region=where.region), watch=watch, guard=Guard(settings.call_bytes))
    return LambdaAccess(functions=functions, ledger=DynamoLedger(table), secret=secret)


def actions_of(app: App, runtime: LocalRuntime, secret: Secret) -> Actions:
    """Make what does the actions of an App's Bedrock Agent."""
    from batuta.models.bedrock_agent.definition import value_of
    from batuta.runtimes.aws_lambda.actions import Actions

    return Actions(
        tools=app.tools,
        runtime=runtime,
        secret=secret,
        read=value_of,
        hooks=app.hooks,
        time_zone=app.time_zone,
    )


def managed_options(
    app: App,
    settings: Settings,
    *,
    models: Callable[[Any], Model],
    runtime: Callable[[], LocalRuntime],
    clock: Clock | None = None,
    keeps: bool = False,
) -> dict[str, Any]:
    """Give style H its agent, and what functions that do its actions are told of a run.

    Args:
        models: Picks the model that plans in the stand-in's agent.
        runtime: Makes the one that the stand-in's actions are done in.
        clock: Dates what the stand-in says.
        keeps: Whether the stand-in keeps its conversations on disk.

    Raises:
        ConfigError: As ``managed_agent`` raises it, or functions act and no secret is set.
    """
    if settings.bedrock_execution != "lambda":
        return {"agent": managed_agent(app, settings, models, keeps=keeps, clock=clock)}
    from batuta.runtimes.aws_lambda.actions import told_to_actions

    secret, act = settings.secret, None
    if not settings.bedrock_agent:
        secret = secret if secret.reveal() else Secret(new_secret())
        act = actions_of(app, runtime(), secret).answer
    agent = managed_agent(app, settings, models, act=act, keeps=keeps, clock=clock)
    return {"agent": agent, "attributes": told_to_actions(secret)}
