"""The routes that say what is here."""

from __future__ import annotations

from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import Response

from batuta.catalog import CONTROL, pattern
from batuta.serve.door import door_of
from batuta.serve.problems import Answer
from batuta.serve.schemas import Health, Style, Styles
from batuta.styles import missing_for


async def health(request: Request) -> Response:
    """Say that the server is there, and which style it serves where it serves one."""
    door = door_of(request)
    said = Health(status="ok", version=version("batuta"))
    if door.style is not None:
        said.style, said.name = door.style, pattern(door.style).name
    if door.test_mode:
        said.test_mode = True
    return Answer(200, said.model_dump(exclude_none=True)).response()


async def list_styles(request: Request) -> Response:
    """List the control styles: who decides in each, and whether it can run here."""
    door = door_of(request)
    default = door.default_style()
    listed: list[Style] = []
    for each in CONTROL:
        missing = missing_for(each.key, door.house.app)
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
