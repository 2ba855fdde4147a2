"""The web framework records no request of ours, whatever else in the process has set up tracing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
