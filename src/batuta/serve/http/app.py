"""The HTTP door: an App's styles, or one of them, as a web service."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI

from batuta.errors import DISTRIBUTION
from batuta.serve.http import handlers
from batuta.serve.http.door import Door
from batuta.serve.http.identity import Identity, identity_of
from batuta.serve.http.middleware import Edge, on_crash
from batuta.serve.http.openapi import Taken, describe
from batuta.serve.http.routes import ALL, ONE
from batuta.styles import AppStyle
from batuta.wiring import Assistants
from batuta.wiring.telemetry import open_meter

if TYPE_CHECKING:
    from fastapi.telemetry import TelemetryConfig

# What a run does is told by its own trace. The framework would record each request as well as soon
# as anything in the process has set OpenTelemetry up, stack traces and queries included.
_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}

Mount = Callable[[FastAPI], AbstractAsyncContextManager[None] | None]
"""Opens another door on the same server: adds its routes, and gives what is to be entered while
the server is up, where there is such a thing. ``app.state.door`` is the HTTP door whose house,
identity, limits and runs it shares."""


def create_app(
    house: Assistants,
    *,
    style: str | None = None,
    identity: Identity | None = None,
    test_mode: bool = False,
    mounts: Sequence[Mount] = (),
) -> FastAPI:
    """Make the web application; its shutdown closes the house.

    Args:
        style: Serve this one alone, on ``/chat`` and ``/health``; None serves all.
        identity: None chooses by the house's settings.
        test_mode: Honour ``X-Batuta-Now``.
        mounts: Open these doors too.

    Raises:
        ConfigError: The style cannot run here, or the keys cannot be used.
    """
    alone = None if style is None else _runnable(style, house)
    identity = identity or identity_of(house.settings)
    meter = open_meter(house.settings)
    if meter is not None:
        house.tell(meter.pipeline)
    door = Door(house=house, identity=identity, alone=alone, test_mode=test_mode, meter=meter)

    opened: list[AbstractAsyncContextManager[None] | None] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            for each in filter(None, opened):
                await stack.enter_async_context(each)
            yield
            await door.runs.stop()
        await house.close()

    app = FastAPI(
        title=house.app.title or house.app.name,
        version=version(DISTRIBUTION),
        openapi_url="/openapi.json" if alone is None else None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry=_NO_TELEMETRY,
    )
    app.state.door = door
    handlers.install(app)
    app.exception_handler(Exception)(on_crash)
    app.add_middleware(Edge, guarded=not identity.proves)
    for route in ALL if alone is None else ONE:
        route.add_to(app)
    opened += [mount(app) for mount in mounts]
    taken = Taken(
        message_chars=house.settings.message_chars,
        test_mode=test_mode,
        settable=house.settings.settable,
    )
    describe(app, taken, keys=identity.proves)
    return app


def _runnable(style: str, house: Assistants) -> AppStyle:
    found = house.cast.find(style)
    missing = found.missing()
    if missing:
        what = f"Style {found.key} cannot run here: {missing}"
        raise found.cannot_run(what, "Choose another style.")
    return found
