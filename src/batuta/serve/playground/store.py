"""What an App's store holds now, as tables; asked again, only what changed is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from batuta.app import StoreTable
from batuta.serve.http.door import caller_of, door_of
from batuta.serve.http.encoding import encoded
from batuta.serve.playground.files import has_tag
from batuta.serve.playground.ground import ground_of


async def rows(request: Request) -> Response:
    """Show the caller's own rows; with the lab, everybody's."""
    caller = await caller_of(request)
    every = ground_of(request).lab.on
    view = door_of(request).house.app.store_view
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
