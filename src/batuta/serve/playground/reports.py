"""Reports of the lab, listed from one folder and opened in place."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from html import unescape
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from batuta.serve.http.door import caller_of
from batuta.serve.http.encoding import shortened
from batuta.serve.http.problems import Answer, Refused
from batuta.serve.playground.ground import ground_of

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,120}\.html")
_TITLE = re.compile(r"<title>([^<]*)</title>", re.IGNORECASE)
_HEAD_BYTES = 20_000
_MOST = 200
# It may draw by its own script, and is kept apart from the playground and from the network.
_POLICY = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'"
)


async def list_reports(request: Request) -> Response:
    """List them, newest first."""
    await caller_of(request)
    folder = ground_of(request).reports
    found = [] if folder is None else await asyncio.to_thread(_listed, folder)
    return Answer(200, {"reports": found}).response()


async def admit(request: Request) -> Response:
    """Give a caller the address at which a frame may show a report, once.

    Raises:
        Refused: There is none of that name.
    """
    await caller_of(request)
    name = request.path_params["name"]
    if _found(request, name) is None:
        raise Refused(404, "not_found", "There is no such report.")
    made = ground_of(request).passes.give(name)
    return Answer(201, {"path": f"playground/reports/{name}?pass={made}"}).response()


def _found(request: Request, name: str) -> Path | None:
    folder = ground_of(request).reports
    if folder is None or not _NAME.fullmatch(name) or not _is_report(folder / name):
        return None
    return folder / name


async def show(request: Request) -> Response:
    """Give one, to a caller or for a pass that a caller was given.

    Raises:
        Refused: There is none of that name.
    """
    name = request.path_params["name"]
    if not ground_of(request).passes.take(request.query_params.get("pass", ""), name):
        await caller_of(request)
    if (path := _found(request, name)) is not None:
        body = await asyncio.to_thread(path.read_bytes)
        headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
        return Response(body, headers=headers, media_type="text/html; charset=utf-8")
    raise Refused(404, "not_found", "There is no such report.")


def _is_report(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _listed(folder: Path) -> list[dict[str, Any]]:
    if not folder.is_dir():
        return []
    there = [path for path in folder.iterdir() if _NAME.fullmatch(path.name) and _is_report(path)]
    dated = sorted(((path.stat().st_mtime, path) for path in there), reverse=True)
    return [
        {
            "name": path.name,
            "title": _title_of(path),
            "changed_at": dt.datetime.fromtimestamp(at, dt.UTC).isoformat(timespec="seconds"),
        }
        for at, path in dated[:_MOST]
    ]


def _title_of(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES).decode("utf-8", "replace")
    found = _TITLE.search(head)
    return shortened(unescape(found[1]).strip(), 120) if found else path.stem
