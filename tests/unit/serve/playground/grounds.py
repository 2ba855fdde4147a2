"""A playground in this process, with a person or two before it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from batuta.serve.http.app import create_app
from batuta.serve.playground import mount
from batuta.settings import Settings
from batuta.wiring import Assistants, open_app
from tests.unit.serve.http.house import BASE, House, frames, keys_file

NOW = "2026-11-30T09:00"


@asynccontextmanager
async def club(
    home: Path, *, given: Any = None, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """Open the club's playground; ``given`` is what its mount takes."""
    chosen = Settings(home=home, now=NOW, **settings)
    house = Assistants(await open_app("tennis", chosen), chosen)
    app = create_app(house, mounts=[partial(mount, **(given or {}))])
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=BASE) as client,
    ):
        yield client


@asynccontextmanager
async def parrots(house: House, **given: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Open the playground of an App whose model does what a test says."""
    async with house.client(mounts=[partial(mount, **given)]) as client:
        yield client


def two_people(tmp_path: Path) -> str:
    return keys_file(tmp_path, ana="k-ana", bob="k-bob")


async def said(client: httpx.AsyncClient, message: str, **more: Any) -> dict[str, Any]:
    """Send a message from a pane, and give the run's ids and what closed its events."""
    headers = more.pop("headers", {})
    body = {"message": message, **more}
    response = await client.post("/playground/chat", json=body, headers=headers)
    assert response.status_code == 200, response.text
    told = frames(response.text)
    assert told[0][0] == "run", json.dumps(told[0])
    return {**told[0][1], "closing": told[-1][0], **told[-1][1]}
