"""``/metrics``: what Prometheus reads."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from batuta.core.addresses import is_loopback
from batuta.serve.http.door import Door, door_of
from batuta.serve.http.problems import Refused

_FLUSH_S = 1.0
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


async def read_metrics(request: Request) -> Response:
    """Give the metrics of this process, in Prometheus's format."""
    door = door_of(request)
    meter = door.meter
    if meter is None:
        detail = "Metrics are off here: install the extra prometheus, and set BATUTA_METRICS."
        raise Refused(404, "not_found", detail)
    if door.house.settings.metrics != "all" and not _is_here(request):
        detail = "Metrics are for this machine's own programs. Its operator may set BATUTA_METRICS."
        raise Refused(403, "access_denied", detail)
    await asyncio.to_thread(meter.pipeline.flush, _FLUSH_S)
    return Response(meter.metrics.text(await _now(door)), media_type=meter.content_type)


async def _now(door: Door) -> dict[str, float]:
    """Say how things stand."""
    return {"batuta_runs_on": door.runs.on, **await door.house.standing()}


def _is_here(request: Request) -> bool:
    """Tell whether it comes from this machine, and for nobody elsewhere."""
    forwarded = any(name in request.headers for name in _FORWARDED)
    return not forwarded and request.client is not None and is_loopback(request.client.host)
