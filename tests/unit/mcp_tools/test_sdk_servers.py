"""Servers of the official SDK, over both of its transports."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from batuta import McpServer, Principal, Run, RunOptions
from batuta.errors import EffectUnknown, ToolRetry, ToolServerUnreachable
from tests.patience import LONG_S, scaled
from tests.unit.mcp_tools.house import ran, used, within

SCRIPT = str(Path(__file__).parents[2] / "mcp_sdk_server.py")
BOUND: Any = {"user": lambda context: context.principal.id}


class Http:
    """A server in a process of its own, which can be ended."""

    def __init__(self, noted: Path) -> None:
        command = [sys.executable, SCRIPT, "http", str(noted)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture
def limits() -> dict[str, Any]:
    return {"bound": BOUND, "timeout_s": scaled(LONG_S), "connect_timeout_s": scaled(LONG_S)}


@pytest.fixture
def http(tmp_path: Path) -> Iterator[Http]:
    made = Http(tmp_path / "noted")
    yield made
    made.end()


@pytest.fixture
def weather(tmp_path: Path, request: pytest.FixtureRequest, limits: dict[str, Any]) -> McpServer:
    if request.param == "http":
        there: Http = request.getfixturevalue("http")
        return McpServer(name="weather", url=there.address, **limits)
    args = [SCRIPT, "stdio", str(tmp_path / "noted")]
    return McpServer(name="weather", command=sys.executable, args=args, **limits)


both = pytest.mark.parametrize("weather", ["stdio", "http"], indirect=True)


def noted(folder: Path, what: str) -> list[dict[str, Any]]:
    file = folder / "noted"
    lines = file.read_text().splitlines() if file.exists() else []
    return [each for each in map(json.loads, lines) if what in each]


def has(weather: McpServer, name: str) -> Callable[[], bool]:
    return lambda: name in [tool.name for tool in weather.known]


@both
async def test_its_tools_are_used_cancelled_and_seen_to_change(
    weather: McpServer, tmp_path: Path
) -> None:
    await weather.start()

    async def work(run: Run) -> object:
        looked = await run.use(await weather.tool("forecast"), {"city": "Cork"})
        assert looked == {"city": "Cork", "days": 1, "sky": "clear"}
        return await run.use(await weather.tool("keep"), {"text": "clear"})

    record, _ = await ran(work, RunOptions(principal=Principal("ana", "Ana")))
    assert record.raised().text == "kept clear for ana"
    kept = noted(tmp_path, "kept")[0]
    assert (kept["kept"], kept["user"], len(kept["key"])) == ("clear", "ana", 32)

    failed = await used(weather, "fail")
    assert isinstance(failed.failure, ToolRetry)
    assert "hush" not in str(failed.failure)

    # The SDK cannot send such a list, and says of it what it says of any failure.
    drawn = await used(weather, "draw", text="sun")
    assert noted(tmp_path, "drawn") == [{"drawn": "sun"}]
    assert isinstance(drawn.failure, EffectUnknown)
    assert [effect.status for effect in drawn.effects] == ["unknown"]

    running = asyncio.create_task(used(weather, "wait"))
    await within(lambda: noted(tmp_path, "waits"))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await within(lambda: noted(tmp_path, "cancelled"))

    await used(weather, "grow")
    await within(has(weather, "grown"))
    assert (await used(weather, "grown")).raised().text == "here"
    await weather.stop()


async def test_one_that_is_gone_is_named_and_nothing_was_begun_there(
    http: Http, limits: dict[str, Any]
) -> None:
    weather = McpServer(name="weather", url=http.address, **limits)
    await weather.start()
    keep = await weather.tool("keep")
    http.end()

    record, _ = await ran(lambda run: run.use(keep, {"text": "late"}))
    await weather.stop()

    assert isinstance(record.failure, ToolServerUnreachable)
    assert "tool server weather" in str(record.failure)
    assert "127.0.0.1" not in str(record.failure)
    assert not record.effects
