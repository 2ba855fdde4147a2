"""By each door the same rules: what is sent twice, by a stranger, too long, or is no request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from batuta.serve.doors import mounts_of
from tests.unit.serve.http.house import House, keys_file
from tests.unit.serve.test_carried import DOORS, HEADERS

TOOLS = [{"name": f"t{n}", "description": "", "parameters": {}} for n in range(28)]
FUNCTIONS = [{"type": "function", "function": each} for each in TOOLS]
PAST = [
    {"id": f"h{n}", "role": ("user", "assistant")[n % 2], "content": "so " * 3_300}
    for n in range(100)
]
"""About a megabyte that was said before."""
LEAST = 60_000


@pytest.mark.parametrize("name", DOORS)
async def test_door_keeps_the_rules_of_all(tmp_path: Path, name: str) -> None:
    keys = keys_file(tmp_path, ana="key-ana")
    house = House(tmp_path, keys=keys, api_body_bytes=LEAST, body_bytes=LEAST)
    key = {"Idempotency-Key": "once"}
    async with house.client(mounts=mounts_of("all"), headers=HEADERS) as client:
        path, body = DOORS[name]("note it", image=False)
        both = [await client.post(path, json=body, headers=key) for _ in range(2)]
        asked = len(house.parrot.asked)
        path, long = DOORS[name]("x" * 2 * LEAST, image=False)
        refused: dict[str, Any] = {
            "no key": await client.post(path, json=body, headers={"Authorization": ""}),
            "another's": await client.post(path, json=body, headers={"Authorization": "Bearer x"}),
            "too long": await client.post(path, json=long),
            "no request": await client.post(path, json={}),
            "no JSON": await client.post(path, content=b"{", headers={"Content-Type": "text/json"}),
        }

    assert all("noted it" in each.text for each in both)
    assert len(house.notes) == 1, "sent twice, done once"
    assert len(house.parrot.asked) == asked, "what is refused asks no model"
    statuses = {what: answer.status_code for what, answer in refused.items()}
    assert statuses["no key"] == statuses["another's"] == 401
    assert statuses["too long"] == 413
    for what in ("no request", "no JSON"):
        text = refused[what].text
        assert 400 <= statuses[what] < 500 or '"error"' in text, (what, statuses[what], text)


@pytest.mark.parametrize("name", ["OpenAI's chat", "OpenAI's responses", "AG-UI"])
async def test_tools_and_history_of_a_client_are_taken_and_not_used(
    tmp_path: Path, name: str
) -> None:
    house = House(tmp_path, keys=keys_file(tmp_path, ana="key-ana"), history_messages=10)
    path, body = DOORS[name]("note it", image=False)
    last = "input" if name == "OpenAI's responses" else "messages"
    past = PAST if name == "AG-UI" else [{k: v for k, v in e.items() if k != "id"} for e in PAST]
    sent = {**body, last: [*past, *body[last]]}
    sent["tools"] = TOOLS if name == "AG-UI" else FUNCTIONS
    async with house.client(mounts=mounts_of("all"), headers=HEADERS) as client:
        answer = await client.post(path, json=sent)
        strange = {**body, last: [{"id": "w", "role": "wizard", "content": "hi"}, *body[last]]}
        wizard = await client.post(path, json=strange)

    assert answer.status_code == 200, answer.text[:300]
    assert "noted it" in answer.text
    assert len(house.notes) == 1
    shown = house.parrot.asked[0]
    assert [each.name for each in shown.tools] == ["note"]
    assert len(shown.messages) <= 12
    assert wizard.status_code in (400, 422), wizard.text
