"""What an App's store holds now, as tables; asked again, only what changed is sent."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from batuta.app import App, StoreTable
from batuta.serve.http.door import caller_of, door_of
from batuta.serve.http.encoding import encoded
from batuta.serve.http.problems import Refused
from batuta.serve.playground.files import has_tag
from batuta.serve.playground.ground import COPY_NAME, ground_of
from batuta.serve.playground.panes import check_copies


async def rows(request: Request) -> Response:
    """Show the caller's own rows; with the lab, everybody's, of a pane's own data too.

    Raises:
        Refused: There can be no such data.
    """
    caller = await caller_of(request)
    every = ground_of(request).lab.on
    view = (await _app(request)).store_reader
    tables: Sequence[StoreTable] = () if view is None else await view(None if every else caller.id)
    shown = [
        {"name": each.name, "columns": list(each.columns), "rows": [list(row) for row in each.rows]}
        for each in tables
    ]
    body = encoded({"tables": shown, "whose": "all" if every else "yours"})
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
    if has_tag(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


async def _app(request: Request) -> App:
    data, ground = request.query_params.get("data", ""), ground_of(request)
    if not data:
        return door_of(request).house.app
    check_copies(ground)
    if not re.fullmatch(COPY_NAME, data):
        raise Refused(422, "invalid_input", "data: a name of 1 to 64 of A-Z, a-z, 0-9, _ and -.")
    return await ground.variations.app(data)
