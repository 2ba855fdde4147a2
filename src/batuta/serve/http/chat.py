"""The routes that answer a message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from batuta.assistant import Ask
from batuta.core.attachment import Attachment
from batuta.core.principal import Principal
from batuta.serve.http.attached import attached
from batuta.serve.http.body import model_settings, read_chat
from batuta.serve.http.door import Door, caller_of, door_of, request_key, trace_context
from batuta.serve.http.events import (
    EventStream,
    before_leaving,
    done_before_leaving,
    of_live,
    of_record,
    wants_events,
)
from batuta.serve.http.live import LiveRun
from batuta.serve.http.problems import Refused
from batuta.serve.http.schemas import ChatRequest

Caller = Annotated[Principal, Depends(caller_of)]


async def chat(request: Request, caller: Caller) -> Response:
    """Answer a message, under the style that it names or the door's own."""
    return await _chat(request, caller, None)


async def chat_in_style(request: Request, style: str, caller: Caller) -> Response:
    """Answer a message under one style."""
    return await _chat(request, caller, style)


async def ask_of(
    request: Request, caller: Principal, body: ChatRequest, *, files: Sequence[Attachment] = ()
) -> Ask:
    """Make of a request what is asked of an assistant.

    Args:
        files: What a form brought beside the body.

    Raises:
        Refused: A setting or an attachment is not taken.
        InvalidInput: An attachment is none.
    """
    door = door_of(request)
    settings = door.house.settings
    return Ask(
        text=body.message,
        principal=caller,
        session_id=body.session_id,
        request_key=request_key(request),
        clock=door.clock_for(request),
        seconds=request.scope.get("batuta.seconds"),
        settings=model_settings(body.settings, settings.settable),
        attachments=(*files, *await attached(body.attachments, settings)),
        traceparent=trace_context(request),
    )


async def _chat(request: Request, caller: Principal, style: str | None) -> Response:
    door = door_of(request)
    settings = door.house.settings
    body, files = await read_chat(
        request,
        settings.body_bytes,
        settings.body_seconds,
        attached_bytes=settings.attachment_bytes,
    )
    if style is not None and body.style is not None and body.style.lower() != style.lower():
        raise Refused(422, "invalid_input", "style: the address names another one.")
    key = door.choose(style or body.style)
    ask = await ask_of(request, caller, body, files=files)
    streams = wants_events(request) if body.stream is None else body.stream
    live = await door.start(key, ask, streams=streams)
    if not streams:
        return await _answered(door, live, request)
    summary = None if ask.settings is None else ask.settings.reasoning_summary
    asked = body.reasoning or summary not in (None, "none")
    reasoning = door.shows_reasoning(asked=asked)
    left = partial(client_left, door, live)
    return await streamed(live, request, reasoning=reasoning, on_left=left)


async def _answered(door: Door, live: LiveRun, request: Request) -> Response:
    if live.task is not None and not await done_before_leaving(live.task, request.receive):
        client_left(door, live)
        return Response(status_code=204)  # nobody is there to read this
    return live.answer().response()


async def streamed(
    live: LiveRun,
    request: Request,
    *,
    reasoning: bool,
    on_left: Callable[[], None] | None = None,
) -> Response:
    """Stream once the run has begun; what goes wrong before is a plain problem.

    Args:
        reasoning: With summaries of models' thoughts.
        on_left: Called where the client left before the end; None lets the run go on.
    """
    if not await before_leaving(live.begun.wait(), request.receive):
        if on_left is not None:
            on_left()
        return Response(status_code=204)  # nobody is there to read this
    if live.run_id:
        return EventStream(of_live(live, reasoning=reasoning), on_left)
    if live.record is not None and live.record.reply is not None:  # kept, under the same key
        return EventStream(of_record(live.record, reasoning=reasoning))
    return live.answer().response()


def client_left(door: Door, live: LiveRun) -> None:
    """Do with a run whose client has left as the settings say."""
    if door.house.settings.on_disconnect == "cancel":
        live.leave()
