"""``batuta standin``: a model behind the vendors' wire formats, on this machine."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from batuta.core.model import Model


@dataclass(frozen=True, kw_only=True)
class StandinOptions:
    """What ``batuta standin`` takes."""

    model: Annotated[str, typer.Option(metavar="NAME", help="The model that answers.")] = (
        "offline:rules"
    )
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="An address of this machine itself.")
    ] = "127.0.0.1"
    port: Annotated[
        int, typer.Option(min=0, max=65_535, metavar="PORT", help="0 takes a free one.")
    ] = 8900
    key: Annotated[
        str,
        typer.Option(metavar="KEY", help="The API key that clients must send; else any will do."),
    ] = ""
    aws: Annotated[
        bool, typer.Option("--aws", help="Stand in for DynamoDB too, with an empty table.")
    ] = False
    provider_latency_ms: Annotated[
        float, typer.Option(min=0, metavar="MS", help="Wait this long before the model is asked.")
    ] = 0.0


def standin(options: StandinOptions) -> None:
    """Serve a model in the vendors' wire formats until Ctrl-C."""
    from batuta.wiring import models

    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(options, models()(options.model)))


async def _serve(options: StandinOptions, model: Model) -> None:
    from batuta.models.standin import Listen, Wire, serve_standin

    wire = Wire(key=options.key or None, latency_ms=options.provider_latency_ms, keep=0)
    listen = Listen(host=options.host, port=options.port)
    stopped = asyncio.Event()
    with suppress(NotImplementedError):  # Windows has Ctrl-C only
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    more = _aws() if options.aws else {}
    async with serve_standin(model, wire, listen=listen, more=more) as server:
        table = await _make_table(server.url) if options.aws else ""
        print(f"Stand-in, no real vendor: {model.name} on {server.url} (Ctrl-C stops)", flush=True)
        print(f"OpenAI     base URL {server.openai_url}")
        print(f"Anthropic  base URL {server.url}")
        print(f"Bedrock    endpoint {server.url}", flush=True)
        if table:
            print(f"DynamoDB   endpoint {server.url}, table {table}")
            print(f"To use it  {_exports(server.url, table)}", flush=True)
        await stopped.wait()


def _aws() -> dict[str, ASGIApp]:
    from batuta.stores.dynamodb_standin import DynamoStandIn

    return {"/": DynamoStandIn()}


async def _make_table(url: str) -> str:
    """Make the table of the settings in the stand-in, and give its name."""
    from batuta.settings import read_settings
    from batuta.stores.dynamodb_client import DynamoTable, Reach
    from batuta.stores.dynamodb_table import create_table

    reach = Reach(region="us-east-1", endpoint_url=url, signed=False)
    table = DynamoTable(read_settings().table, reach)
    try:
        await create_table(table)
    finally:
        await table.aclose()
    return table.name


def _exports(url: str, table: str) -> str:
    """Say what to set for the stand-in; AWS's own clients want some key and region."""
    return (
        f"BATUTA_STORE=dynamodb BATUTA_TABLE={table} AWS_ENDPOINT_URL={url} "
        "AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=standin AWS_SECRET_ACCESS_KEY=standin"
    )
