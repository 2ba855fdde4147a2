"""Answers a request of an AG-UI client with the events of a run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from batuta.assistant import Ask
from batuta.errors import BatutaError
from batuta.serve.http.body import read_json
from batuta.serve.http.chat import client_left
from batuta.serve.http.door import caller_of, door_of, request_key, trace_context
from batuta.serve.http.encoding import shortened
from batuta.serve.http.events import EventStream, before_leaving
from batuta.serve.http.live import LiveRun
from batuta.serve.http.named_sessions import NamedSessions
from batuta.serve.http.problems import Refused, field_errors, problem_of

if TYPE_CHECKING:
    from ag_ui.core import RunAgentInput

    from batuta.serve.ag_ui.translation import Translation

_QUIET_S = 15.0
_STILL_THERE = b": still at it\n\n"
_LONGEST = 200
_OWNER = "ag_ui"


async def answer(request: Request) -> Response:
    """Answer a request, under the style of its address or the door's own."""
    try:
        return await _answered(request)
    except Refused as error:
        return error.answer().response()
    except BatutaError as error:
        return problem_of(error).response()


async def _answered(request: Request) -> Response:
    from batuta.serve.ag_ui.translation import Translation  # the library, when somebody comes

    caller = await caller_of(request)
    door = door_of(request)
    settings = door.house.settings
    most = max(settings.api_body_bytes, settings.body_bytes)
    asked = _read(await read_json(request, most, settings.body_seconds))
    key = door.choose(request.path_params.get("style"))
    named = NamedSessions(sessions=door.house.sessions, owner=_OWNER)
    ask = Ask(
        text=_question(asked),
        principal=caller,
        session_id=await named.session_of(asked.thread_id, caller.id),
        request_key=request_key(request),
        clock=door.clock_for(request),
        seconds=request.scope.get("batuta.seconds"),
        traceparent=trace_context(request),
    )
    live = await door.start(key, ask, streams=True)
    if not await before_leaving(live.begun.wait(), request.receive):
        client_left(door, live)
        return Response(status_code=204)  # nobody is there to read this
    told = Translation(
        thread_id=asked.thread_id,
        run_id=asked.run_id,
        reasoning=door.shows_reasoning(asked=False),
    )
    frames = _frames(live, told)
    headers = {"x-request-id": live.run_id} if live.run_id else None
    return EventStream(frames, lambda: client_left(door, live), headers)


def _read(raw: Any) -> RunAgentInput:
    from ag_ui.core import PROTOCOL_VERSION, RunAgentInput

    try:
        asked = RunAgentInput.model_validate(raw)
    except ValidationError as error:
        faults = field_errors(error.errors(include_input=False, include_url=False))
        said = "; ".join(f"{fault['field']}: {fault['problem']}" for fault in faults)
        raise Refused(422, "invalid_input", f"{said}.", errors=faults) from None
    spoken = asked.protocol_version
    if spoken is not None and spoken.partition(".")[0] != PROTOCOL_VERSION.partition(".")[0]:
        what = f"protocolVersion {shortened(spoken, 20)!r} is not spoken here: {PROTOCOL_VERSION}."
        raise Refused(400, "version_not_supported", what)
    if asked.resume:
        what = "No run of this door waits to be resumed: leave resume out."
        raise Refused(400, "nothing_to_resume", what)
    names = (asked.thread_id, asked.run_id)
    if not all(name.isprintable() and 0 < len(name) <= _LONGEST for name in names):
        what = f"threadId and runId must have 1 to {_LONGEST} plain characters."
        raise Refused(422, "invalid_input", what)
    return asked


def _question(asked: RunAgentInput) -> str:
    """Give the person's last words: what was said before is the session's."""
    last = asked.messages[-1] if asked.messages else None
    if last is None or last.role != "user":
        raise Refused(422, "invalid_input", "messages: the last must be what the user says.")
    if isinstance(last.content, str):
        return last.content
    parts = [part.text if part.type == "text" else None for part in last.content]
    if None in parts:
        raise Refused(400, "unsupported_content", "messages: only text can be read here.")
    return "\n".join(part for part in parts if part is not None)


async def _frames(live: LiveRun, told: Translation) -> AsyncIterator[bytes]:
    yield told.begin(live.session_id)
    async for event in live.follow(_QUIET_S):
        if event is None:
            yield _STILL_THERE
        elif written := told.event(event):
            yield written
    yield told.end(live.answer(), live.record)
