"""How long a token takes from the model to the client of the HTTP door, on loopback.

Run: ``python bench/first_token.py``. Two ways: a model in the server's process, and the same model
behind the stand-in of a vendor, through that vendor's SDK.
"""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import uvicorn

from batuta.core.model import Emit, Model, ModelReply, ModelRequest, Usage, ignore
from batuta.core.redaction import Secret
from batuta.models.vendors import VendorAccess, VendorModel
from batuta.serve.http.app import create_app
from batuta.settings import Settings
from batuta.standin import serve_standin
from batuta.wiring import Assistants, open_app

AIM_MS = 50
TIMES = 40
_MARK = "first"


@dataclass
class Timed:
    """Says one word, notes when, and goes on much later."""

    name: str = "bench:timed"
    said_at: list[float] = field(default_factory=list[float])

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Say a word, wait, say the rest."""
        del request
        self.said_at.append(time.perf_counter())
        emit(_MARK)
        await asyncio.sleep(0.15)
        emit(" and the rest")
        return ModelReply(f"{_MARK} and the rest", usage=Usage(1, 3), model=self.name)


@asynccontextmanager
async def door(model: Model) -> AsyncGenerator[httpx.AsyncClient]:
    """Serve the tennis App with a model, on a real port."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), requests_per_minute=0)
        app = replace(await open_app("tennis", settings), models={"default": model})
        # asyncio switches Nagle's delay off only for a socket that names its protocol.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        web = create_app(Assistants(app, settings))
        server = uvicorn.Server(uvicorn.Config(web, log_level="error", lifespan="on"))
        serving = asyncio.create_task(server.serve([listener]))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:
            yield client
        server.should_exit = True
        await serving


async def delays_ms(client: httpx.AsyncClient, model: Timed) -> list[float]:
    """Give, for each request, how long the first word took to reach the client."""
    measured: list[float] = []
    for _ in range(TIMES):
        body = {"message": "hello", "stream": True}
        async with client.stream("POST", "/styles/d/chat", json=body) as response:
            heard = False
            async for line in response.aiter_lines():
                if not heard and line.startswith("data:") and f'"{_MARK}' in line:
                    measured.append((time.perf_counter() - model.said_at[-1]) * 1e3)
                    heard = True
    return measured[5:]


def shown(what: str, measured: list[float]) -> str:
    """Say median and worst."""
    worst = max(measured)
    return f"{what:44} {statistics.median(measured):6.1f} ms median {worst:6.1f} ms worst"


async def main() -> None:
    """Measure and print."""
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "loopback")
    model = Timed()
    async with door(model) as client:
        print(shown("model in process → HTTP client", await delays_ms(client, model)))
    for vendor in ("openai", "anthropic"):
        async with serve_standin(model) as wire:
            url = wire.openai_url if vendor == "openai" else wire.url
            there = VendorModel(
                f"{vendor}:timed", VendorAccess(key=Secret("sk-loopback"), base_url=url)
            )
            async with door(there) as client:
                measured = await delays_ms(client, model)
                print(shown(f"model → {vendor} wire and SDK → HTTP client", measured))
            await there.aclose()
    print(f"aim: {AIM_MS} ms")


if __name__ == "__main__":
    asyncio.run(main())
