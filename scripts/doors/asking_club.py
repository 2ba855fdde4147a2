"""The club behind AG-UI, its runs durable: each write asks its caller: asking_club.py PORT."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import uvicorn

from batuta.core.principal import LOCAL
from batuta.core.tool import Approve, AskPerson, ToolUse, Verdict
from batuta.serve.doors import mounts_of
from batuta.serve.http.app import create_app
from batuta.settings import Settings
from batuta.tennis.app import tennis_app
from batuta.wiring import Assistants
from batuta.wiring.apps import open_tennis


async def ask(use: ToolUse) -> Verdict:
    """Let whoever asked say yes to a write first."""
    if use.tool.effect != "write":
        return Approve()
    return AskPerson(LOCAL.id, f"Shall {use.tool.name} be done?")


async def main(port: int) -> None:
    """Serve until told to stop."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(
            home=Path(home), durable="sqlite", now="2019-03-01T06:00", requests_per_minute=0
        )
        club = replace(tennis_app(await open_tennis(settings)), hooks=[ask])
        app = create_app(Assistants(club, settings), mounts=mounts_of("ag-ui"))
        await app.state.door.take_up()
        config = uvicorn.Config(app, port=port, log_level="warning", access_log=False)
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
