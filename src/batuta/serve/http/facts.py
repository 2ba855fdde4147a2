"""The routes that say what is here."""

from __future__ import annotations

from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import Response

from batuta.errors import DISTRIBUTION
from batuta.serve.http.door import door_of
from batuta.serve.http.problems import Answer
from batuta.serve.http.schemas import Health, Style, Styles
from batuta.styles import style_of, styles_of


async def health(request: Request) -> Response:
    """Say that the server is there, and which style it serves where it serves one."""
    door = door_of(request)
    said = Health(status="ok", version=version(DISTRIBUTION))
    if door.style is not None:
        said.style, said.name = door.style, style_of(door.style, door.house.app).name
    if door.test_mode:
        said.test_mode = True
    return Answer(200, said.model_dump(exclude_none=True)).response()


async def list_styles(request: Request) -> Response:
    """List the control styles and the App's compositions, and whether each can run here."""
    door = door_of(request)
    default = door.default_style()
    listed: list[Style] = []
    for each in styles_of(door.house.app):
        missing = door.house.missing(each.key)
        listed.append(
            Style(
                key=each.key,
                name=each.name,
                decides=each.decides,
                runs=each.runs,
                when=each.when,
                available=not missing,
                missing=missing or None,
                default=each.key == default,
            )
        )
    return Answer(200, Styles(styles=listed).model_dump()).response()
