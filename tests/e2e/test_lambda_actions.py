"""Style H whose actions are a function's: the stand-in's agent plans, a function acts."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.parser.models import BedrockAgentFunctionEventModel

from batuta.app import App
from batuta.core.principal import Principal
from batuta.errors import BatutaError
from batuta.models.bedrock_agent import agent_definition
from batuta.offline import OfflineModel
from batuta.remote.aws_lambda.actions import told_to_actions
from batuta.settings import Settings
from batuta.standin import LocalBedrockAgent
from batuta.wiring import Assistants, assistant, open_app
from tests.e2e.lambda_host import Function, Worker, worker
from tests.lambda_api import SECRET

ANA = Principal("ana", "Ana")
NOW = "2026-11-21T09:00"
pytestmark = pytest.mark.e2e


def _booked(home: Path) -> list[tuple[str, str]]:
    if not (home / "tennis.db").exists():
        return []  # made by the first who looks at the courts
    with sqlite3.connect(home / "tennis.db") as database:
        return database.execute("select slot_id, member_id from bookings").fetchall()


async def test_h_books_by_its_actions_in_a_conversation(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, now=NOW, bedrock_execution="lambda")
    app = await open_app("tennis", settings)
    async with Assistants(app, settings) as house:
        club = await house.style("h")
        first = (await club.chat("What is open on 2026-11-25 at 3pm?", principal=ANA)).raised()
        second = await club.chat("Court B please", first.session_id, principal=ANA)
        second.raised()
    assert _booked(tmp_path) == [("2026-11-25T15:00/B", "ana")]
    tools = [e for e in second.events if e.kind == "tool" and e.phase == "end"]
    assert {e.by for e in tools} == {"aws"}
    assert second.tool_calls == len(tools) > 0  # AWS had them done, and its trace tells of each


class TestInAProcess:
    """The action group's function is a process of AWS's own runtime client."""

    pytestmark = pytest.mark.skipif(
        sys.platform != "linux", reason="Linux alone has AWS's runtime client"
    )

    @staticmethod
    def _function(home: Path, **more: str) -> Function:
        variables = {
            "BATUTA_HOME": str(home), "BATUTA_NOW": NOW, "BATUTA_SECRET": SECRET.reveal(), **more
        }  # fmt: skip
        return Function(handler="batuta.serve.aws_lambda.handler", variables=variables)

    @staticmethod
    async def _say(app: App, home: Path, running: Worker, text: str, **attributes: Any) -> Any:
        async def act(event: Mapping[str, Any]) -> Mapping[str, Any]:
            BedrockAgentFunctionEventModel.model_validate(event)
            result = await asyncio.to_thread(running.invoke, event)
            assert result.kind == "response", result
            return result.body

        tools = [tool.schema for tool in app.tools]
        definition = agent_definition(app.name, app.instructions, tools, execution="lambda")
        agent = LocalBedrockAgent(definition, OfflineModel(), act)
        settings = Settings(home=home, now=NOW)
        async with assistant(
            app, "h", settings=settings, options={"agent": agent, **attributes}
        ) as club:
            return await club.chat(text, principal=ANA)

    async def test_it_books_for_who_signed_and_for_nobody_else(self, tmp_path: Path) -> None:
        app = await open_app("tennis", Settings(home=tmp_path))
        text = "Book Court A on 2026-11-25 at 3pm"
        with worker(self._function(tmp_path)) as running:
            unsigned = await self._say(app, tmp_path, running, text)
            assert isinstance(unsigned.failure, BatutaError)
            assert _booked(tmp_path) == []
            signed = {"attributes": told_to_actions(SECRET)}
            (await self._say(app, tmp_path, running, text, **signed)).raised()
        assert app.close is not None
        await app.close()
        assert _booked(tmp_path) == [("2026-11-25T15:00/A", "ana")]
