"""An App whose model does what a test says, behind the door, with a client in front of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from batuta.app import App
from batuta.core.clock import Clock, ManualClock
from batuta.core.message import ToolCall
from batuta.core.model import Emit, ModelReply, ModelRequest, Usage, ignore
from batuta.core.tool import tool
from batuta.core.tool_context import ToolContext
from batuta.serve.http.app import create_app
from batuta.settings import Settings
from batuta.wiring import Assistants

BASE = "http://127.0.0.1:8000"
Step = str | ModelReply | BaseException


class Parrot:
    """Repeats what the user said; asked to ``note …`` it uses the tool; waits where told to."""

    def __init__(self) -> None:
        self.name = "parrot:1"
        self.asked: list[ModelRequest] = []
        self.streamed: list[bool] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.failing: BaseException | None = None
        self.thought = ""

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        self.asked.append(request)
        self.streamed.append(emit is not ignore)
        if self.thought:
            request.think(self.thought)
        emit("Po")
        await self.go_on.wait()
        if self.failing is not None:
            raise self.failing
        last = request.messages[-1]
        usage = Usage(3, 2)
        if last.role == "user" and last.text.startswith("note "):
            call = ToolCall("c1", "note", {"text": last.text[5:]})
            return ModelReply("", (call,), usage=usage, stop_reason="tool_calls", model=self.name)
        emit("lly")
        return ModelReply(
            f"You said: {last.text}",
            usage=usage,
            model=self.name,
            stand_in=True,
            reasoning=self.thought,
        )


class House:
    """The App, its notes, and everything around them."""

    def __init__(self, home: Path, clock: Clock | None = None, **settings: Any) -> None:
        self.parrot = Parrot()
        self.notes: list[tuple[str, str]] = []
        self.settings = Settings(home=home, **settings)
        self.assistants = Assistants(self._app(), self.settings, clock or ManualClock(_now()))

    def _app(self) -> App:
        notes = self.notes

        @tool(effect="write", key=("text",))
        async def note(text: str, context: ToolContext) -> str:
            """Write something down."""
            notes.append((text, context.idempotency_key))
            return f"noted {text}"

        return App(
            name="parrot",
            instructions="Repeat.",
            tools=(note,),
            models={"default": self.parrot},
            time_zone="Europe/Berlin",
        )

    @asynccontextmanager
    async def client(self, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
        """Open the door and stand before it."""
        headers = options.pop("headers", {})
        self.web = app = create_app(self.assistants, **options)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as made,
        ):
            try:
                yield made
            finally:
                self.parrot.go_on.set()


def _now() -> Any:
    import datetime as dt

    return dt.datetime(2019, 3, 1, 6, tzinfo=dt.UTC)


def keys_file(folder: Path, **users: str) -> str:
    """Write a file of keys, each user with that key."""
    path = folder / "keys.json"
    path.write_text(json.dumps({"users": [{"id": i, "key": k} for i, k in users.items()]}))
    return str(path)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def until(true: Callable[[], bool]) -> None:
    """Let others go on until it is true."""
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - it waits for what has no event
            await asyncio.sleep(0)


def problem(response: httpx.Response, status: int, code: str) -> Mapping[str, Any]:
    """Check that a response is a problem in the one shape, and give it."""
    body = response.json()
    assert response.status_code == status, body
    assert response.headers["content-type"] == "application/problem+json"
    assert body["status"] == status
    assert body["code"] == code, body
    assert body["type"] == f"urn:batuta:problem:{code}"
    assert body["title"]
    assert body["detail"]
    assert response.headers["x-request-id"]
    return body


def frames(text: str) -> list[tuple[str, dict[str, Any], int | None]]:
    """Read server-sent events: name, data, id."""
    made: list[tuple[str, dict[str, Any], int | None]] = []
    for block in text.split("\n\n"):
        lines = [line.partition(": ") for line in block.splitlines() if not line.startswith(":")]
        field = {name: value for name, _, value in lines}
        if field:
            event_id = int(field["id"]) if "id" in field else None
            made.append((field["event"], json.loads(field["data"]), event_id))
    return made
