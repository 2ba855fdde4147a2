"""``batuta standin``: a model behind the vendors' wire formats, on this machine."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from batuta.cli.opening import app_for, model_object, settings_for
from batuta.errors import ConfigError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from batuta.core.model import Model

AGENT = "STANDIN000/STANDIN000"
"""Agent and alias of the stand-in's Bedrock Agent."""


@dataclass(frozen=True, kw_only=True)
class StandinOptions:
    """What ``batuta standin`` takes."""

    model: Annotated[str, typer.Option(metavar="NAME", help="The model that answers.")] = (
        "offline:rules"
    )
    object: Annotated[
        str,
        typer.Option(metavar="MODULE:NAME", help="A Model object of yours answers instead."),
    ] = ""
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
        bool,
        typer.Option("--aws", help="Stand in for DynamoDB too, and for style H's Bedrock Agent."),
    ] = False
    app: Annotated[
        str,
        typer.Option(metavar="APP", help="The App that the agent is made of, as in serve."),
    ] = ""
    like: Annotated[
        str,
        typer.Option(
            metavar="SERVER",
            help="Whose habits Chat Completions has: ollama, vllm, gemini, deepseek, azure, "
            "openrouter, llamacpp or lmstudio; else OpenAI's.",
        ),
    ] = ""
    thoughts: Annotated[
        str,
        typer.Option(
            metavar="TEXT", help="What the model thinks before each reply, on every wire."
        ),
    ] = ""
    provider_latency_ms: Annotated[
        float, typer.Option(min=0, metavar="MS", help="Wait this long before the model is asked.")
    ] = 0.0


def standin(options: StandinOptions) -> None:
    """Serve a model in the vendors' wire formats until Ctrl-C."""
    from batuta.wiring import models

    model = model_object(options.object) if options.object else models()(options.model)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(options, model))


async def _serve(options: StandinOptions, model: Model) -> None:
    from batuta.standin import Listen, Wire, serve_standin

    wire = Wire(
        key=options.key or None,
        latency_ms=options.provider_latency_ms,
        like=options.like,
        thoughts=options.thoughts,
        keep=0,
    )
    listen = Listen(host=options.host, port=options.port)
    stopped = asyncio.Event()
    with suppress(NotImplementedError):  # Windows has Ctrl-C only
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    agent = await _agent(options.app, model) if options.aws else None
    more = _aws(agent) if options.aws else {}
    async with serve_standin(model, wire, listen=listen, more=more) as server:
        table = await _make_table(server.url) if options.aws else ""
        print(f"Stand-in, no real vendor: {model.name} on {server.url} (Ctrl-C stops)", flush=True)
        like = f" (Chat Completions like {options.like})" if options.like else ""
        print(f"OpenAI     base URL {server.openai_url}{like}")
        print(f"Anthropic  base URL {server.url}")
        print(f"Bedrock    endpoint {server.url}", flush=True)
        if table:
            print(f"DynamoDB   endpoint {server.url}, table {table}")
        if agent is not None:
            print(f"Agent      {AGENT} for style H: {agent.told}")
        if table:
            has_agent = agent is not None and agent.door is not None
            print(f"To use it  {_exports(server.url, table, has_agent=has_agent)}", flush=True)
        await stopped.wait()


class _Agent(NamedTuple):
    """What stands in for InvokeAgent.

    Args:
        door: None where AWS would not take the App.
        told: What it is, or why there is none.
    """

    door: ASGIApp | None
    told: str


async def _agent(app_name: str, model: Model) -> _Agent:
    """Make the stand-in of the App's Bedrock Agent; it keeps conversations as long as it runs.

    Raises:
        ConfigError: There is no such App.
    """
    from batuta.models.bedrock_agent import agent_definition
    from batuta.standin.bedrock_agent import AgentStandIn
    from batuta.wiring import clock_of

    with tempfile.TemporaryDirectory(prefix="batuta-standin-") as home:
        # Of the App only its tools' descriptions are wanted: it opens no store of anybody's.
        settings = replace(settings_for(Path(home)), store="sqlite", seed="")
        app = await app_for(app_name or settings.app, settings)
        clock = clock_of(settings, app.time_zone)
        tools = [tool.schema for tool in app.tools]
        if app.close is not None:
            await app.close()
    try:
        definition = agent_definition(app.name, app.instructions, tools)
    except ConfigError as error:
        return _Agent(None, f"none. {error}")
    told = f"App {app.name}, gives control back for {', '.join(tool.name for tool in tools)}"
    return _Agent(AgentStandIn(model, {AGENT: definition}, clock=clock), told)


def _aws(agent: _Agent | None) -> dict[str, ASGIApp]:
    from batuta.standin.bedrock_agent import PATH
    from batuta.storage.dynamodb_standin import DynamoStandIn

    doors: dict[str, ASGIApp] = {"/": DynamoStandIn()}
    if agent is not None and agent.door is not None:
        doors[PATH] = agent.door
    return doors


async def _make_table(url: str) -> str:
    """Make the table of the settings in the stand-in, and give its name."""
    from batuta.settings import read_settings
    from batuta.storage.dynamodb_client import DynamoTable, TableOptions
    from batuta.storage.dynamodb_table import create_table

    options = TableOptions(region="us-east-1", endpoint_url=url, signed=False)
    table = DynamoTable(read_settings().table, options)
    try:
        await create_table(table)
    finally:
        await table.aclose()
    return table.name


def _exports(url: str, table: str, *, has_agent: bool) -> str:
    """Say what to set for the stand-in; AWS's own clients want some key and region."""
    return (
        f"BATUTA_STORE=dynamodb BATUTA_TABLE={table} "
        f"{f'BATUTA_BEDROCK_AGENT={AGENT} ' if has_agent else ''}AWS_ENDPOINT_URL={url} "
        "AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=standin AWS_SECRET_ACCESS_KEY=standin"
    )
