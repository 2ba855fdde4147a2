"""The table of doors: chosen by name, and none loads another's library."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from batuta.errors import ConfigError
from batuta.serve.doors import DOORS, OtherDoor, mounts_of

LIBRARIES = {"mcp", "a2a", "ag_ui"}
CALLS: dict[str, tuple[str, str, Any, set[str]]] = {
    "chat": ("POST", "/chat", {"message": "hi"}, set()),
    "openai": (
        "POST",
        "/v1/chat/completions",
        {"model": "batuta-d", "messages": [{"role": "user", "content": "hi"}]},
        set(),
    ),
    "ag-ui": (
        "POST",
        "/ag-ui",
        {"threadId": "t", "runId": "r", "messages": [{"id": "u", "role": "user", "content": "h"}]},
        {"ag_ui"},
    ),
    "a2a": ("GET", "/.well-known/agent-card.json", None, {"a2a"}),
}
_PROGRAM = """
import asyncio, json, sys
from pathlib import Path
import httpx
from batuta.serve.doors import mounts_of
from batuta.serve.http.app import create_app
from batuta.settings import Settings
from batuta.wiring import Assistants, open_app

async def main(home, method, path, body):
    settings = Settings(home=Path(home), doors="all")
    house = Assistants(await open_app("tennis", settings), settings)
    app = create_app(house, mounts=mounts_of(settings.doors))
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1"
    ) as client:
        before = sorted({name.partition(".")[0] for name in sys.modules})
        answer = await client.request(method, path, json=body)
        assert answer.status_code == 200, answer.text
    after = sorted({name.partition(".")[0] for name in sys.modules})
    print(json.dumps([before, after]))

asyncio.run(main(*json.loads(sys.argv[1])))
"""


@pytest.mark.parametrize("door", CALLS)
def test_door_loads_its_own_library_when_somebody_comes(tmp_path: Path, door: str) -> None:
    method, path, body, own = CALLS[door]
    told = json.dumps([str(tmp_path), method, path, body])
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, told], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    before, after = json.loads(done.stdout.splitlines()[-1])
    assert not LIBRARIES & set(before)
    assert LIBRARIES & set(after) == own


def test_doors_are_chosen_by_name() -> None:
    known = {door.name: door.load() for door in DOORS if door.installed}
    assert mounts_of("openai, a2a") == [known["openai"], known["a2a"]]
    assert list(mounts_of("none")) == []
    assert mounts_of("all") == list(known.values())


def test_door_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match="openai"):
        mounts_of("telnet")


def test_door_whose_library_is_not_there_names_its_extra() -> None:
    far = OtherDoor(name="far", path="/far", room="x", library="no_such_library", extra="far")
    assert not far.installed
    with pytest.raises(ConfigError, match="far"):
        far.load()
