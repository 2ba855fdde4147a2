"""Plays conversations with the tennis club through one style over HTTP, on a real port.

``converse`` is the one seam: it plays the user's turns and gives the bookings that come of them.
"""

from __future__ import annotations

import asyncio
import json
import socket
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import httpx
import uvicorn

from batuta.core.principal import LOCAL
from batuta.serve.http.app import create_app
from batuta.settings import Settings
from batuta.wiring import Assistants, open_app, open_tennis

BUSY_MACHINE_S = 120
"""How long an answer may take where other work holds the machine up."""


class Through(NamedTuple):
    """What is talked to.

    Args:
        style: Key of the style.
        execution: Who does the actions of style H, as the setting ``bedrock_execution`` says it.
    """

    style: str = "d"
    execution: str = "return_control"


BY_DEFAULT = Through()


async def converse(
    turns: Sequence[str],
    reference: datetime,
    taken: Sequence[dict[str, str]],
    *,
    through: Through = BY_DEFAULT,
) -> tuple[list[dict[str, str]], list[str]]:
    """Play the user's turns; give the bookings, as date and time, and the assistant's answers.

    Args:
        reference: Local time at the club, without a zone.
        taken: Date and time of what is to be taken on all courts beforehand.
    """
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        settings = Settings(home=home, seed=_seed(home, taken), bedrock_execution=through.execution)
        async with _served(settings) as client:
            answers = await _talk(client, turns, reference, style=through.style)
        desk = await open_tennis(settings)
        made = await desk.store.bookings(member_id=LOCAL.id)
        await desk.store.aclose()
    booked = [{"date": b.date.isoformat(), "time": f"{b.time:%H:%M}"} for b in made]
    return booked, answers


async def _talk(
    client: httpx.AsyncClient, turns: Sequence[str], reference: datetime, *, style: str
) -> list[str]:
    answers: list[str] = []
    session_id: str | None = None
    headers = {"X-Batuta-Now": reference.isoformat()}
    for turn in turns:
        body = {"message": turn, "session_id": session_id}
        said = (await client.post(f"/styles/{style}/chat", json=body, headers=headers)).json()
        session_id = said.get("session_id") or session_id
        answers.append(said.get("reply") or said.get("detail") or "")
    return answers


@asynccontextmanager
async def _served(settings: Settings) -> AsyncGenerator[httpx.AsyncClient]:
    house = Assistants(await open_app("tennis", settings), settings)
    # asyncio switches Nagle's delay off only for a socket that names its protocol.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    config = uvicorn.Config(
        create_app(house, test_mode=True), log_level="error", access_log=False, lifespan="on"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listener]))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    client = httpx.AsyncClient(base_url=address, trust_env=False, timeout=BUSY_MACHINE_S)
    try:
        async with client:
            yield client
    finally:
        server.should_exit = True
        await serving


def _seed(folder: Path, taken: Sequence[dict[str, str]]) -> str:
    if not taken:
        return ""
    path = folder / "seed.json"
    bookings = [{"date": t["date"], "time": t["time"], "court": "*"} for t in taken]
    path.write_text(json.dumps({"bookings": bookings}), encoding="utf-8")
    return str(path)
