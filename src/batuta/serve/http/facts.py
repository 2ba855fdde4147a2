"""The routes that say what is here."""

from __future__ import annotations

import logging
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import Response

from batuta.errors import DISTRIBUTION, BatutaError, notes_of
from batuta.errors.public import without_internals
from batuta.serve.http.door import door_of
from batuta.serve.http.problems import Answer, document
from batuta.serve.http.schemas import Health, Ready, StyleOut, Styles

_LOG = logging.getLogger(__name__)


async def health(request: Request) -> Response:
    """Say that the server is there, what runs on in it, and which style it serves alone."""
    door = door_of(request)
    threads = door.house.threads
    said = Health(
        status="ok",
        version=version(DISTRIBUTION),
        tools_running=threads.running,
        tools_given_up=threads.given_up,
    )
    if door.alone is not None:
        said.style, said.name = door.alone.key, door.alone.style.name
    if door.test_mode:
        said.test_mode = True
    return Answer(200, said.model_dump(exclude_none=True)).response()


async def ready(request: Request) -> Response:
    """Say whether what is kept can be read and written now, after doing both."""
    try:
        await door_of(request).house.probe()
    except BatutaError as error:
        _LOG.error("Not ready: %s", " ".join([f"{error}", *notes_of(error)]))
        return Answer(503, document(503, error.code, f"{error}")).response()
    return Answer(200, Ready(status="ready").model_dump()).response()


async def list_styles(request: Request) -> Response:
    """List the control styles and the App's compositions, and whether each can run here."""
    door = door_of(request)
    listed: list[StyleOut] = []
    for key, each in door.house.cast.styles.items():
        style, missing = each.style, without_internals(each.missing())
        listed.append(
            StyleOut(
                key=key,
                name=style.name,
                decides=style.decides,
                runs=style.runs,
                when=style.when,
                available=not missing,
                missing=missing or None,
                default=each is door.default,
            )
        )
    return Answer(200, Styles(styles=listed).model_dump()).response()
