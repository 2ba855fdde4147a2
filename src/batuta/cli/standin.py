"""``batuta standin``: a model behind the vendors' wire formats, on this machine."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
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
    async with serve_standin(model, wire, listen=listen) as server:
        print(f"Stand-in, no real vendor: {model.name} on {server.url} (Ctrl-C stops)", flush=True)
        print(f"OpenAI     base URL {server.openai_url}")
        print(f"Anthropic  base URL {server.url}")
        print(f"Bedrock    endpoint {server.url}", flush=True)
        await stopped.wait()
