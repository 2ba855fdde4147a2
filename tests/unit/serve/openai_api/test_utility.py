"""A front end's own tasks: answered without tools, writes or a session."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.serve.openai_api.door import ask, content, opened, sessions

TITLE = """### Task:
Generate a concise title.
### Output:
JSON format: { "title": "your concise title here" }
### Chat History:
<chat_history>
USER: note that I want a court tomorrow at 3pm
</chat_history>"""
FOLLOW_UPS = """### Task:
Predict useful messages.
### Output:
JSON format: { "follow_ups": ["Suggested next message"] }
### Chat History:
USER: note it"""


@pytest.mark.parametrize(
    ("task", "made"),
    [(TITLE, {"title": "note that I want a court"}), (FOLLOW_UPS, {"follow_ups": []})],
)
async def test_task_is_answered_with_no_tool_write_or_session(
    tmp_path: Path, task: str, made: dict[str, object]
) -> None:
    async with opened(tmp_path) as (client, house):
        answer = await ask(client, task)
        runs = (await client.get("/runs")).json()["runs"]
        kept = await sessions(house)

    assert json.loads(content(answer)) == made
    assert not house.parrot.asked[0].tools
    assert not house.notes
    assert not kept
    assert [run["style"] for run in runs] == ["task"], "and what it cost is on record"


async def test_task_may_be_named_by_a_header(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, house):
        await ask(client, "note it", headers={"X-OpenWebUI-Task": "title_generation"})
        streamed = {"model": "batuta-d", "stream": True}
        asked = {**streamed, "messages": [{"role": "user", "content": TITLE}]}
        answer = await client.post("/v1/chat/completions", json=asked)
        kept = await sessions(house)

    assert "note that I want" in answer.text
    assert not house.notes
    assert not kept


async def test_person_who_writes_of_a_task_is_answered_as_ever(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, house):
        await ask(client, "note my ### Task: list")

    assert len(house.notes) == 1
