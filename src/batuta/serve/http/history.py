"""The routes that show what was said and done: sessions and runs, one's own alone."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from batuta.core.message import Message, parts_json
from batuta.core.trace import Event
from batuta.errors import RecordNotFound
from batuta.serve.http.chat import Caller
from batuta.serve.http.door import door_of
from batuta.serve.http.encoding import shortened
from batuta.serve.http.events import EventStream, last_seen, of_live, of_record, of_resumed
from batuta.serve.http.live import LiveRun
from batuta.serve.http.problems import Answer
from batuta.serve.http.replies import detail_of, summary_of
from batuta.serve.http.schemas import (
    RunDetail,
    Runs,
    RunSummary,
    SessionDetail,
    SessionMessage,
    Sessions,
    SessionSummary,
)
from batuta.serve.http.wording import public_event

if TYPE_CHECKING:
    from batuta.core.record import RunRecord
    from batuta.wiring import Assistants

Thoughts = Annotated[bool, Query(description="With summaries of models' thoughts.")]
Most = Annotated[int, Query(ge=1, le=100, description="Most to list.")]
_NOT_SHOWN = {"metadata", "parts"}


async def list_sessions(request: Request, caller: Caller, limit: Most = 50) -> Response:
    """List one's conversations, newest first."""
    found = await door_of(request).house.sessions.list(caller.id, limit)
    listed = [SessionSummary(session_id=s.id, updated_at=s.updated_at) for s in found]
    return Answer(200, Sessions(sessions=listed).model_dump()).response()


async def read_session(request: Request, session_id: str, caller: Caller) -> Response:
    """Show a conversation."""
    found = await door_of(request).house.sessions.load(session_id, caller.id)
    detail = SessionDetail(
        session_id=found.id, updated_at=found.updated_at, messages=said_of(found.history)
    )
    return Answer(200, detail.model_dump()).response()


async def delete_session(request: Request, session_id: str, caller: Caller) -> Response:
    """Forget a conversation with its images and files; the records of its runs stay."""
    door = door_of(request)
    house = door.house
    await house.sessions.delete(session_id, caller.id)
    await door.branches.forget(session_id, caller.id)
    await house.attachments.delete(session_id, caller.id)
    return Response(status_code=204)


async def list_runs(request: Request, caller: Caller, limit: Most = 50) -> Response:
    """List one's runs, those that are on first, then newest first."""
    door = door_of(request)
    kept = await door.house.records.list(caller.id, limit)
    on = [RunSummary(**_running(live)) for live in door.runs.of(caller.id)]
    known = {run.run_id for run in on}
    listed = [*on, *(summary_of(record) for record in kept if record.run_id not in known)]
    return Answer(200, Runs(runs=listed[:limit]).model_dump()).response()


async def read_run(
    request: Request, run_id: str, caller: Caller, *, reasoning: Thoughts = False
) -> Response:
    """Show a run with its events; of one that is still on, those so far."""
    door = door_of(request)
    shown = door.shows_reasoning(asked=reasoning)
    try:
        live = door.runs.find(run_id, caller.id)
    except RecordNotFound:
        detail = detail_of(await door.house.records.load(run_id, caller.id), reasoning=shown)
    else:
        detail = RunDetail(**_running(live), events=_kept(live.events, reasoning=shown))
    return Answer(200, detail.model_dump()).response()


async def run_events(
    request: Request, run_id: str, caller: Caller, *, reasoning: Thoughts = False
) -> Response:
    """Stream what happened in a run, and of one that is still on the rest as it happens.

    With Last-Event-ID it begins after that event; where nothing is left to send, it is 204, which
    keeps a browser from coming back.
    """
    door = door_of(request)
    after, shown = last_seen(request), door.shows_reasoning(asked=reasoning)
    try:
        live = door.runs.find(run_id, caller.id)
    except RecordNotFound:
        try:
            record = await door.house.records.load(run_id, caller.id)
        except RecordNotFound:
            ended = await _resumed(door.house, run_id, caller.id)
            if ended is None:
                raise
            return EventStream(of_resumed(ended, after, reasoning=shown))
        if after >= len(record.events):
            return Response(status_code=204)
        return EventStream(of_record(record, after, reasoning=shown))
    return EventStream(of_live(live, after, reasoning=shown))


async def _resumed(
    house: Assistants, run_id: str, principal_id: str
) -> Callable[[], Coroutine[Any, Any, RunRecord]] | None:
    """Give what waits for a durable run that goes on after a crash; None where it is none."""
    engine = house.engine
    if engine is None or not await engine.is_on(run_id, principal_id):
        return None

    async def ended() -> RunRecord:
        await engine.result(run_id)  # it is kept by then
        return await house.records.load(run_id, principal_id)

    return ended


def _running(live: LiveRun) -> dict[str, Any]:
    return {**live.ids(), "status": "running", "question": shortened(live.ask.text)}


def _kept(events: Sequence[Event], *, reasoning: bool) -> list[dict[str, Any]]:
    return [public_event(event, reasoning=reasoning) for event in events if event.seq >= 0]


def said_of(history: Sequence[Message]) -> list[SessionMessage]:
    """Write what was said, without what vendors want back, such as a model's thoughts."""
    made: list[SessionMessage] = []
    for message in history:
        shown = {k: v for k, v in message.to_json().items() if k not in _NOT_SHOWN}
        if message.parts and message.attachments:
            shown["parts"] = parts_json(message.attachments)
        made.append(SessionMessage(**shown))
    return made
