"""Summaries of a model's thoughts go to who asks for them, where the operator allows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.serve.http.house import House, frames

THOUGHT = "The user greets me."
STREAM = {"message": "hello", "stream": True}
ASKS = {"settings": {"reasoning_summary": "auto"}}


def _house(home: Path, **settings: Any) -> House:
    made = House(home, client_settings="reasoning_summary", **settings)
    made.parrot.thought = THOUGHT
    return made


@pytest.mark.parametrize(
    ("asked", "shown", "setting"),
    [
        (ASKS, True, "on_request"),
        ({**ASKS, "reasoning": True}, True, "on_request"),
        ({}, False, "on_request"),
        ({"settings": {"reasoning_summary": "none"}}, False, "on_request"),
        (ASKS, False, "never"),
        ({**ASKS, "reasoning": True}, False, "never"),
    ],
)
async def test_thoughts_are_shown_on_request(
    tmp_path: Path, asked: dict[str, Any], shown: bool, setting: str
) -> None:
    async with _house(tmp_path, show_reasoning=setting).client() as client:
        answer = await client.post("/chat", json={**STREAM, **asked})

    sent = frames(answer.text)
    thoughts = [data["data"]["text"] for name, data, _ in sent if name == "reasoning"]
    assert thoughts == ([THOUGHT] if shown else [])
    assert (THOUGHT in answer.text) is shown
    assert sent[-1][1]["reply"] == "You said: hello"


async def test_who_follows_or_reads_a_run_asks_for_itself(tmp_path: Path) -> None:
    async with _house(tmp_path).client() as client:
        run_id = (await client.post("/chat", json={"message": "hello", **ASKS})).json()["run_id"]
        plain = [await client.get(f"/runs/{run_id}{more}") for more in ("", "/events")]
        asked = [
            await client.get(f"/runs/{run_id}{more}", params={"reasoning": "true"})
            for more in ("", "/events")
        ]

    assert [THOUGHT in each.text for each in plain] == [False, False]
    assert [THOUGHT in each.text for each in asked] == [True, True]


async def test_operator_may_show_them_to_all(tmp_path: Path) -> None:
    async with _house(tmp_path, show_reasoning="always").client() as client:
        answer = await client.post("/chat", json={**STREAM, "reasoning": False})

    assert THOUGHT in answer.text
