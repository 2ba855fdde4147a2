"""A request's trace goes on in its run; the web framework itself records nothing of ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.serve.http.house import House

# In a process of its own: what is set up for all of one cannot be taken back.
PROGRAM = """
import asyncio, sys
from pathlib import Path

import httpx
from fastapi import FastAPI
from opentelemetry import trace

from batuta.serve.http.app import create_app
from batuta.settings import Settings
from batuta.wiring import Assistants, open_app

asked = []


class Provider(trace.TracerProvider):
    def get_tracer(self, *given, **more):
        asked.append(given[0])
        return trace.NoOpTracer()


async def status(app, path):
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return (await client.get(path)).status_code


async def main():
    trace.set_tracer_provider(Provider())
    settings = Settings(home=Path(sys.argv[1]))
    async with Assistants(await open_app("tennis", settings), settings) as house:
        print(await status(create_app(house), "/health"), asked)
    print(await status(FastAPI(), "/nothing"), asked)


asyncio.run(main())
"""


def test_only_who_asks_for_it_has_requests_recorded(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines() == ["200 []", "404 ['fastapi']"], done.stderr


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", True),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", False),
        ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", False),
        ("nonsense", False),
    ],
)
async def test_a_run_goes_on_with_the_trace_of_its_request(
    sent: str, kept: bool, tmp_path: Path
) -> None:
    house = House(tmp_path)
    async with house.client(headers={"traceparent": sent}) as client:
        run_id = (await client.post("/chat", json={"message": "hello"})).json()["run_id"]
        record = await house.assistants.records.load(run_id, "local")
    assert record.traceparent == (sent if kept else "")
