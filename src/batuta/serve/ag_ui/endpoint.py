"""Answers a request of an AG-UI client with the events of a run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from batuta.assistant import Ask
from batuta.errors import BatutaError
from batuta.serve.ag_ui.interrupts import (
    QUIET_S,
    STILL_THERE,
    Interrupted,
    Interrupts,
    later_frames,
)
from batuta.serve.http.attached import attached
from batuta.serve.http.body import read_json, validated
from batuta.serve.http.chat import client_left
from batuta.serve.http.door import caller_of, door_of, request_key, trace_context
from batuta.serve.http.encoding import shortened
from batuta.serve.http.events import EventStream, before_leaving
from batuta.serve.http.live import LiveRun
from batuta.serve.http.named_sessions import NamedSessions
from batuta.serve.http.problems import Refused, field_errors, problem_of
from batuta.serve.http.schemas import AttachmentIn

if TYPE_CHECKING:
    from ag_ui.core import ResumeEntry, RunAgentInput

    from batuta.serve.ag_ui.translation import Translation

_LONGEST = 200
_OWNER = "ag_ui"
_SHOWN = ("image", "document")
_MARK = b'"source"'


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
    raw = await read_json(
        request,
        most,
        settings.body_seconds,
        attached_bytes=settings.attachment_bytes * 4 // 3,
        mark=_MARK,
    )
    asked = _read(raw)
    key = door.choose(request.path_params.get("style"))
    interrupts = Interrupts(door=door, caller=caller)
    told = Translation(
        thread_id=asked.thread_id,
        run_id=asked.run_id,
        reasoning=door.shows_reasoning(asked=_wants_thoughts(asked.forwarded_props)),
    )
    if asked.resume:
        return await _resumed(interrupts, asked.resume, told)
    named = NamedSessions(sessions=door.house.sessions, owner=_OWNER)
    question, shown = _question(asked)
    ask = Ask(
        text=question,
        principal=caller,
        session_id=await named.session_of(asked.thread_id, caller.id),
        request_key=request_key(request),
        clock=door.clock_for(request),
        seconds=request.scope.get("batuta.seconds"),
        attachments=await attached(shown, settings) if shown else (),
        traceparent=trace_context(request),
    )
    live = await door.start(key, ask, streams=True)
    if not await before_leaving(live.begun.wait(), request.receive):
        client_left(door, live)
        return Response(status_code=204)  # nobody is there to read this
    frames = _frames(live, told, interrupts)
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
    names = (asked.thread_id, asked.run_id)
    if not all(name.isprintable() and 0 < len(name) <= _LONGEST for name in names):
        what = f"threadId and runId must have 1 to {_LONGEST} plain characters."
        raise Refused(422, "invalid_input", what)
    return asked


def _wants_thoughts(forwarded: Any) -> bool:
    """Tell whether a client asks for thoughts, by ``reasoning`` among what it forwards."""
    return isinstance(forwarded, dict) and forwarded.get("reasoning") is True  # pyright: ignore[reportUnknownMemberType]


def _question(asked: RunAgentInput) -> tuple[str, list[AttachmentIn]]:
    """Give the person's last words and what is shown with them; the rest is the session's."""
    last = asked.messages[-1] if asked.messages else None
    if last is None or last.role != "user":
        raise Refused(422, "invalid_input", "messages: the last must be what the user says.")
    if isinstance(last.content, str):
        return last.content, []
    texts = [part.text for part in last.content if part.type == "text"]
    if not texts:
        raise Refused(422, "invalid_input", "messages: the last needs words beside what it shows.")
    return "\n".join(texts), [_shown(part) for part in last.content if part.type != "text"]


def _shown(part: Any) -> AttachmentIn:
    """Read an image or a document beside the words."""
    source = part.source
    if part.type not in _SHOWN or source.type == "file":
        what = "messages: only text, and images and documents as data or by URL, can be read here."
        raise Refused(400, "unsupported_content", what)
    metadata: object = part.metadata
    told = cast("dict[str, Any]", metadata) if isinstance(metadata, dict) else {}
    given: dict[str, Any] = {
        "data" if source.type == "data" else "url": source.value,
        "media_type": source.mime_type,
        "name": told.get("filename"),
    }
    return validated(AttachmentIn, given)


async def _resumed(
    interrupts: Interrupts, entries: list[ResumeEntry], told: Translation
) -> Response:
    """Go on with a run that waits for this answer, in a stream of its own."""
    held, live, before = await interrupts.resume(entries)
    told.first_run, told.told = held.first_run, held.told
    headers = {"x-request-id": held.run_id}
    if live is None:
        return EventStream(later_frames(interrupts, held, told), None, headers)
    frames = _frames(live, told, interrupts, before=before)
    return EventStream(frames, lambda: client_left(interrupts.door, live), headers)


async def _frames(
    live: LiveRun, told: Translation, interrupts: Interrupts, *, before: int = 0
) -> AsyncIterator[bytes]:
    """Write a run to its end, or until it asks its caller; without what was told before."""
    yield told.begin(live.session_id)
    seen = 0
    async for event in live.follow(QUIET_S):
        if event is None:
            yield STILL_THERE
            continue
        seen += 1
        if seen <= before:
            continue
        if written := told.event(event):
            yield written
        if questions := await interrupts.asked.waited(live, event):
            held = Interrupted(
                run_id=live.run_id,
                session_id=live.session_id,
                first_run=told.began,
                told=told.usages,
            )
            yield await interrupts.end(questions, held, told)
            return
    yield told.end(live.answer(), live.record)
