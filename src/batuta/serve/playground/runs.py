"""One of the caller's runs as a diagram, or whole as one HTML file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from batuta.core.record import RunRecord
from batuta.errors import RecordNotFound
from batuta.serve.http.door import caller_of, door_of
from batuta.serve.http.problems import Refused
from batuta.serve.http.replies import STAND_IN
from batuta.serve.http.wording import public_record
from batuta.telemetry import diagram as diagrams
from batuta.telemetry.run_page import run_page
from batuta.telemetry.svg import svg

_TEXT = "text/plain; charset=utf-8"
_DRAWN: Mapping[str, tuple[Callable[[RunRecord], str], str]] = {
    "mermaid": (diagrams.mermaid, _TEXT),
    "plantuml": (diagrams.plantuml, _TEXT),
    "svg": (svg, "image/svg+xml"),
}
_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


async def diagram(request: Request) -> Response:
    """Draw it.

    Raises:
        Refused: Nobody draws in that format.
    """
    record = await _record(request)
    wanted = request.query_params.get("format", "mermaid")
    if wanted not in _DRAWN:
        raise Refused(422, "invalid_input", f"format: one of {', '.join(_DRAWN)}.")
    draw, media_type = _DRAWN[wanted]
    headers = {"Content-Security-Policy": _POLICY}
    return Response(draw(record), headers=headers, media_type=media_type)


async def page(request: Request) -> Response:
    """Give it as one HTML file, to be kept and passed on."""
    record = await _record(request)
    headers = {
        "Content-Security-Policy": _POLICY,
        "Content-Disposition": f'attachment; filename="{record.run_id}.html"',
    }
    note = STAND_IN if record.stand_in else ""
    body = run_page(record, note=note).encode("utf-8", "replace")
    return Response(body, headers=headers, media_type="text/html; charset=utf-8")


async def _record(request: Request) -> RunRecord:
    """Give the record of a run as its owner may read it.

    Raises:
        RecordNotFound: The caller has none of that id.
        Refused: It is still on.
    """
    caller = await caller_of(request)
    door, run_id = door_of(request), request.path_params["run_id"]
    try:
        door.runs.find(run_id, caller.id)
    except RecordNotFound:
        return public_record(await door.house.records.load(run_id, caller.id))
    raise Refused(409, "run_is_on", "The run is still on. Ask again once it has ended.")
