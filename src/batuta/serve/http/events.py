"""Server-sent events: what happens in a run, as it happens or once more, and its reply last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from batuta.core.record import RunRecord
from batuta.core.trace import Event
from batuta.errors import BatutaError
from batuta.serve.http.encoding import encoded
from batuta.serve.http.live import LiveRun
from batuta.serve.http.problems import Answer, Refused, problem_of
from batuta.serve.http.replies import answer_of
from batuta.serve.http.wording import public_event

EVENT_STREAM = "text/event-stream"
_QUIET_S = 15.0
_NO_ID = -1
ALL = -2
"""Before the first event, in place of the last one seen."""


class EventStream(Response):
    """A response that sends frames until they end or the client leaves.

    Args:
        on_left: Called where the client left before the end.
    """

    media_type = EVENT_STREAM

    def __init__(
        self,
        frames: AsyncIterator[bytes],
        on_left: Callable[[], None] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status_code=200, headers={"X-Accel-Buffering": "no", **(headers or {})})
        del self.headers["content-length"]
        self._frames = frames
        self._on_left = on_left

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the frames."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        sent = await before_leaving(self._sent(send), receive)
        if not sent and self._on_left is not None:
            self._on_left()

    async def _sent(self, send: Send) -> None:
        async for frame in self._frames:
            await send({"type": "http.response.body", "body": frame, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def before_leaving(work: Coroutine[Any, Any, object], receive: Receive) -> bool:
    """Do work until the client leaves, then drop it; True where it got done."""
    doing = asyncio.ensure_future(work)
    try:
        if not await done_before_leaving(doing, receive):
            return False
        doing.result()
        return True
    finally:
        doing.cancel()


async def done_before_leaving(task: asyncio.Future[Any], receive: Receive) -> bool:
    """Wait for somebody else's task until the client leaves; True where it got done."""
    leaving = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait((task, leaving), return_when=asyncio.FIRST_COMPLETED)
        return task.done()
    finally:
        leaving.cancel()


async def _left(receive: Receive) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def frame(name: str, data: Mapping[str, Any], event_id: int = _NO_ID) -> bytes:
    """Write one event; JSON keeps it on one line."""
    opened = f"id: {event_id}\n" if event_id != _NO_ID else ""
    return f"{opened}event: {name}\ndata: ".encode() + encoded(data) + b"\n\n"


async def of_live(
    live: LiveRun, after: int = ALL, *, reasoning: bool = False
) -> AsyncIterator[bytes]:
    """Write a run that is on: what happened after that event, then the rest as it comes.

    Args:
        reasoning: With summaries of models' thoughts.
    """
    yield frame("run", live.ids())
    last = ALL
    async for event in live.follow(_QUIET_S):
        if event is None:
            yield b": still at it\n\n"
            continue
        last = max(last, event.seq)
        if event.kind == "reasoning" and not reasoning:
            continue
        if last >= after and event.seq != after:
            yield _written(event, reasoning=reasoning)
    kept = max(last, _NO_ID) + 1 if live.record is None else len(live.record.events)
    yield _closing(live.answer(), kept)


async def of_record(
    record: RunRecord, after: int = ALL, *, reasoning: bool = False
) -> AsyncIterator[bytes]:
    """Write a run that has ended, from its record; ``reasoning`` as in ``of_live``."""
    ids = {"run_id": record.run_id, "session_id": record.session_id, "style": record.style}
    yield frame("run", ids)
    for event in record.events:
        if event.seq > after:
            yield _written(event, reasoning=reasoning)
    yield _closing(answer_of(record), len(record.events))


async def of_resumed(
    ended: Callable[[], Coroutine[Any, Any, RunRecord]],
    after: int = ALL,
    *,
    reasoning: bool = False,
) -> AsyncIterator[bytes]:
    """Write a run that goes on after a crash, once it has ended; ``reasoning`` as in ``of_live``.

    Args:
        ended: Waits for it, and gives its record.
    """
    waiting = asyncio.ensure_future(ended())
    try:
        while not (await asyncio.wait({waiting}, timeout=_QUIET_S))[0]:
            yield b": still at it\n\n"
        record = waiting.result()
    except BatutaError as error:
        yield _closing(problem_of(error), max(after, _NO_ID) + 1)
        return
    finally:
        waiting.cancel()
    async for each in of_record(record, after, reasoning=reasoning):
        yield each


def _written(event: Event, *, reasoning: bool) -> bytes:
    return frame(event.kind, public_event(event, reasoning=reasoning), event.seq)


def _closing(answer: Answer, event_id: int) -> bytes:
    return frame("reply" if answer.good else "problem", answer.body, event_id)


def last_seen(request: Request) -> int:
    """Read which event the client had last.

    Raises:
        Refused: The header is no such id.
    """
    given = request.headers.get("last-event-id", "").strip()
    if not given:
        return ALL
    if not given.isascii() or not given.isdecimal() or len(given) > 9:
        detail = "Last-Event-ID is not the id of an event. Leave it out to get all."
        raise Refused(400, "invalid_event_id", detail)
    return int(given)


def wants_events(request: Request) -> bool:
    """Tell whether the client asks for events by its Accept header."""
    return EVENT_STREAM in request.headers.get("accept", "").lower()
