"""``batuta mcp`` as clients start it: a process that they talk to over its standard streams."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import ElicitResult

from batuta.core.redaction import Secret
from batuta.errors import ConfigError
from batuta.serve.mcp.stdio import serve_stdio
from batuta.settings import Settings
from batuta.wiring import open_tennis
from batuta.wiring.storage import open_stores
from tests.e2e.http_server import ROOT
from tests.patience import LONG_S, scaled
from tests.unit.serve.mcp.house import keys_file, text_of

pytestmark = pytest.mark.e2e
NOW = "2019-03-01T06:00"


@asynccontextmanager
async def started(
    home: Path, mode: str, *words: str, says: Path | None = None, **options: Any
) -> AsyncIterator[Client]:
    env = {"BATUTA_HOME": str(home), **options.pop("env", {})}
    command = ["-m", "batuta", "mcp", *words]
    parameters = StdioServerParameters(command=sys.executable, args=command, env=env, cwd=ROOT)
    with (says or home / "said").open("w") as errors:
        transport = stdio_client(parameters, errlog=errors)
        async with Client(transport, mode=mode, **options) as made:
            yield made


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_form_is_filled_by_questions_to_the_person(tmp_path: Path, mode: str) -> None:
    asked: list[str] = []
    said = iter(["tomorrow", "5pm", "1"])

    async def answer(_: Any, params: Any) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="accept", content={"answer": next(said)})

    async with started(tmp_path, mode, "--now", NOW, elicitation_callback=answer) as one:
        result: Any = await one.call_tool("ask_a", {"message": "I want to book a court"})

    assert asked[:2] == ["Which day would you like to play?", "What time would you like to start?"]
    assert "court A on Saturday 2 March 2019, 17:00 to 18:00" in text_of(result)
    assert [e["tool"] for e in result.structured_content["effects"]] == ["book"]
    club = await open_tennis(Settings(home=tmp_path))
    assert len(await club.store.bookings(member_id="local")) == 1
    await club.store.aclose()


async def test_who_asks_is_who_has_the_key_in_the_environment(tmp_path: Path) -> None:
    env = {"BATUTA_KEYS": keys_file(tmp_path, "ana"), "BATUTA_API_KEY": "key-ana"}
    async with started(tmp_path, "auto", "--now", NOW, env=env) as ana:
        booked: Any = await ana.call_tool("ask_d", {"message": "Book a court tomorrow at 3pm"})
    assert not booked.is_error

    club = await open_tennis(Settings(home=tmp_path))
    assert len(await club.store.bookings(member_id="ana")) == 1
    await club.store.aclose()


@pytest.mark.parametrize(
    ("key", "said"), [("", "Nobody says who asks"), ("key-eve", "BATUTA_API_KEY is nobody's key")]
)
async def test_who_has_no_key_is_not_served(tmp_path: Path, key: str, said: str) -> None:
    settings = Settings(home=tmp_path, keys=keys_file(tmp_path, "ana"), api_key=Secret(key))
    with pytest.raises(ConfigError, match=said) as raised:
        await serve_stdio(settings)

    assert "key-eve" not in str(raised.value)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_call_that_is_cancelled_ends_its_run(tmp_path: Path, mode: str) -> None:
    words = ("--app", "tests.e2e.slow_app:app")
    async with started(tmp_path, mode, *words) as one:
        asking = asyncio.create_task(one.call_tool("ask_d", {"message": "Wait."}))
        async with asyncio.timeout(scaled(LONG_S)):
            while not (tmp_path / "asked").exists():  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        async with asyncio.timeout(scaled(LONG_S)):
            while await stops(tmp_path) != ["cancelled"]:  # noqa: ASYNC110 - another process keeps it
                await asyncio.sleep(0.05)
        (tmp_path / "go").touch()
        assert text_of(await one.call_tool("ask_d", {"message": "Again."})) == "Done."

    assert sorted(await stops(tmp_path)) == ["cancelled", "done"]


async def stops(home: Path) -> list[str]:
    """Read how the runs ended that are kept; this process may have another day than the server."""
    sessions, records = open_stores(Settings(home=home, keep_days=36_500))
    found = [record.stop_reason for record in await records.list("local")]
    await sessions.aclose()
    await records.aclose()
    return found
