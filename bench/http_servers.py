"""What ``bench/http_load.py`` loads, each in a process of its own: it prints its address.

    python bench/http_servers.py echo | club | waiting

``echo`` is a bare FastAPI route with the same server and the same validation of the body; ``club``
is the tennis club's assistant on the offline model, and ``waiting`` an App whose model takes a
second, both as ``batuta serve`` serves them, with SQLite files in a folder of their own.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from batuta.app import App
from batuta.core.model import Emit, ModelReply, ModelRequest, Usage, ignore
from batuta.serve.http import serve
from batuta.settings import PREFIX, Settings, read_settings

MODEL_S = 1.0
_ROOM = {"concurrent_runs": 1_000}


class Said(BaseModel):
    """A message, as the assistant's door takes it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    message: str
    session_id: str | None = None


class Patient:
    """A model that answers after a second."""

    name = "bench:patient"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Wait, then answer."""
        del request, emit
        await asyncio.sleep(MODEL_S)
        return ModelReply("Here I am.", usage=Usage(1, 3), model=self.name)


patient = App(name="patient", instructions="Be patient.", tools=(), models={"default": Patient()})


async def echo() -> None:
    """Serve the bare route."""
    web = FastAPI()

    @web.post("/chat")
    async def chat(said: Said) -> dict[str, str]:
        return {"reply": said.message}

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(web, log_config=None, access_log=False, ws="none")
    await uvicorn.Server(config).serve([listener])


async def assistant(app: str) -> None:
    """Serve an App of ours."""
    with tempfile.TemporaryDirectory() as folder:
        given = {"home": folder, "port": 0, "requests_per_minute": 0, **_ROOM}
        named = {f"{PREFIX}{name.upper()}": str(value) for name, value in given.items()}
        settings = read_settings(named, Path(folder))
        await _serve(settings, app, lambda address, _: print(address, flush=True))


async def _serve(settings: Settings, app: str, ready: Callable[[str, Any], None]) -> None:
    """Serve with the doors of the settings; an earlier checkout has none and says it otherwise."""
    try:
        from batuta.serve.doors import mounts_of
        from batuta.serve.http import Watch
    except ImportError:
        await serve(settings, app, on_ready=ready)  # pyright: ignore[reportCallIssue]
        return
    await serve(settings, app, mounts=mounts_of(settings.doors), watch=Watch(on_ready=ready))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))  # so that the App is found by its name
    which = {"club": "tennis", "waiting": "http_servers:patient"}
    asyncio.run(echo() if sys.argv[1] == "echo" else assistant(which[sys.argv[1]]))
