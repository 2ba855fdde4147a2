"""The door on a real port of this process, with the SDK's client of either revision before it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from batuta.serve.doors import mounts_of
from batuta.serve.http.app import create_app
from batuta.wiring import Assistants
from tests.patience import LONG_S, scaled

MODES = ("auto", "legacy")


def keys_file(folder: Path, *users: str) -> str:
    """Write a file of users, each with a key of its own."""
    file = folder / "keys.json"
    listed = [{"id": user, "name": user.title(), "key": f"key-{user}"} for user in users]
    file.write_text(json.dumps({"users": listed}))
    return str(file)


@asynccontextmanager
async def served(house: Assistants, **options: Any) -> AsyncIterator[str]:
    """Serve a house, and give its address; it is closed at the end."""
    listener = socket.create_server(("127.0.0.1", 0))
    web = create_app(house, mounts=mounts_of(house.settings.doors), **options)
    config = uvicorn.Config(web, log_config=None, ws="none")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve([listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listener.close()


@asynccontextmanager
async def client(address: str, mode: str, user: str = "", **options: Any) -> AsyncIterator[Client]:
    """Connect as a user."""
    headers = {"authorization": f"Bearer key-{user}"} if user else {}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=scaled(LONG_S)) as http,
        Client(
            streamable_http_client(f"{address}/mcp", http_client=http), mode=mode, **options
        ) as made,
    ):
        yield made


def text_of(result: Any, at: int = 0) -> str:
    return result.content[at].text


def code_of(result: Any) -> str:
    """Give the code of a failed call."""
    assert result.is_error, result
    return result.meta["batuta/problem"]["code"]


def _transport(address: str, http: httpx2.AsyncClient) -> Any:
    return streamable_http_client(f"{address}/mcp", http_client=http)
