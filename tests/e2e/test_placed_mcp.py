"""A specialist in a place of its own, whose tools live on a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from batuta import App, Principal, ScriptedModel, Specialist
from batuta.core.redaction import Secret
from batuta.settings import Settings
from batuta.testing.scripted import calls
from tests.e2e.placed import hosts
from tests.unit.mcp_tools.house import heard, server

pytestmark = pytest.mark.e2e


async def test_a_specialist_elsewhere_connects_by_itself(tmp_path: Path) -> None:
    bound: Any = {"user": lambda context: context.principal.id}
    weather: Any = server(tmp_path, allowed_tools=["forecast", "note"], bound=bound)
    wish = calls(("forecast", {"city": "aa"}), ("note", {"text": "rain"}))
    diary = App(
        name="diary",
        instructions="Keep a diary.",
        tools=[weather],
        specialists=[Specialist("keeper", "Keeps the diary.", "Note it.", ("weather",))],
        models={
            "keeper": ScriptedModel([wish, "Kept."]),
            "f": ScriptedModel([calls(("keeper", {"task": "note"})), "Noted."]),
        },
    )
    settings = Settings(home=tmp_path, secret=Secret("a secret that both of them know, and nobody"))
    async with (
        hosts(diary, "g", settings) as placed,
        diary.assistant("g", settings=placed) as assistant,
    ):
        record = await assistant.chat("Note the weather.", principal=Principal("ana", "Ana"))

    assert record.raised().text == "Noted."
    assert [(effect.tool, effect.status) for effect in record.effects] == [("note", "done")]
    said = [call["params"]["arguments"] for call in heard(tmp_path, "tools/call")]
    assert said == [{"city": "aa"}, {"text": "rain", "user": "ana"}]
    assert len(heard(tmp_path, "initialize")) == 1
