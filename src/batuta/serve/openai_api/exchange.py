"""One request and its answer: found its place, run or told again, and noted where it stands."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from batuta.assistant import Ask
from batuta.core.effect import effects_in
from batuta.core.model import Usage
from batuta.core.principal import Principal
from batuta.core.record import RunRecord
from batuta.core.replacement import replace
from batuta.errors import BatutaError
from batuta.serve.http.chat import client_left
from batuta.serve.http.door import Door, request_key, trace_context
from batuta.serve.http.encoding import encoded
from batuta.serve.http.events import EventStream, before_leaving, done_before_leaving
from batuta.serve.http.live import LiveRun
from batuta.serve.http.problems import Answer, problem_of
from batuta.serve.http.replies import answer_of
from batuta.serve.http.spoken import Spoken
from batuta.serve.openai_api.asked import Asked
from batuta.serve.openai_api.problems import error_response
from batuta.serve.openai_api.threads import Thread, ThreadFinder
from batuta.serve.openai_api.utility import TASK, Utility

_LOG = logging.getLogger(__name__)
_QUIET_S = 15.0
STILL_THERE = b": still at it\n\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """An answer, for whichever format it goes out in.

    Args:
        content: As the client gets it.
        usage: Of all that was run for it.
        stands: Where its conversation stands now; empty where there is none.
    """

    record: RunRecord
    content: str
    usage: Usage
    stands: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Format(Protocol):
    """One of the two formats, for one request."""

    def whole(self, told: Told) -> Mapping[str, Any]:
        """Make the plain answer."""
        ...

    def begin(self, run_id: str) -> bytes:
        """Open a stream."""
        ...

    def text(self, piece: str) -> bytes:
        """Go on with the answer."""
        ...

    def decision(self, text: str) -> bytes:
        """Tell who decided what; nothing where the client did not ask."""
        ...

    def end(self, told: Told) -> bytes:
        """Close a stream with its answer."""
        ...

    def failed(self, answer: Answer) -> bytes:
        """Close a stream with an error."""
        ...


Keep = Callable[[Told], Awaitable[None]]


@dataclass(kw_only=True)
class ApiExchange:
    """What a request needs on its way.

    Args:
        keep: Awaited with an answer before the client has it.
        task: Whether a front end asks for itself.
    """

    door: Door
    caller: Principal
    asked: Asked
    threads: ThreadFinder
    form: Format
    keep: Keep | None = None
    thread: Thread = field(default_factory=Thread)
    task: bool = False

    async def respond(self, request: Request) -> Response:
        """Answer a request.

        Raises:
            Refused: It names what is not there, or asks for what cannot be.
            LimitReached: Too many runs are on.
        """
        live = await self._live(request)
        if isinstance(live, RunRecord):
            return await self._again(live)
        headers = self.asked.headers()
        if not self.asked.streams:
            if live.task is not None and not await done_before_leaving(live.task, request.receive):
                client_left(self.door, live)
                return Response(status_code=204)  # nobody is there to read this
            return await self._plain(live)
        if not await before_leaving(live.begun.wait(), request.receive):
            client_left(self.door, live)
            return Response(status_code=204)  # nobody is there to read this
        if not live.run_id and (live.record is None or live.record.reply is None):
            return error_response(live.answer(), headers)
        run_id = live.run_id or (live.record.run_id if live.record else "")
        told = {**headers, "x-request-id": run_id}
        return EventStream(self._frames(live, run_id), lambda: client_left(self.door, live), told)

    async def _live(self, request: Request) -> LiveRun | RunRecord:
        """Start the run, or give the one that did this already."""
        key = request_key(request)
        ask = Ask(
            text=self.asked.question,
            principal=self.caller,
            request_key=key,
            clock=self.door.clock_for(request),
            seconds=request.scope.get("batuta.seconds"),
            settings=self.asked.settings,
            attachments=self.asked.attachments,
            traceparent=trace_context(request),
        )
        if self.task:
            live = LiveRun(TASK, ask, readers=int(self.asked.streams))
            await Utility(door=self.door).start_task(live)
            return live
        thread = self.thread = await self.threads.of(request, self.asked)
        if not key and (done := await self.threads.done_before(thread)) is not None:
            return done
        session_id = await self.threads.kept_for(key, thread)
        ask = replace(ask, session_id=session_id)
        streams = self.asked.streams and self.asked.form is None
        return await self.door.start(self.asked.style, ask, streams=streams, after=self._note)

    def _note(self, live: LiveRun) -> Coroutine[Any, Any, None] | None:
        """Note what was done by a run, however it ended, so that it is not done again."""
        record = live.record
        done = record.effects if record is not None else effects_in(live.events)
        return self.threads.note_done(self.thread, live.run_id) if done and live.run_id else None

    async def _plain(self, live: LiveRun) -> Response:
        headers, answer = self.asked.headers(), live.answer()
        record = live.record
        if not answer.good or record is None or record.reply is None:
            return error_response(answer, headers)
        try:
            told = await self._told(live, record, record.reply.text)
        except BatutaError as error:
            return error_response(problem_of(error, **live.ids()), headers)
        body = encoded(self.form.whole(told))
        made = {**headers, "x-request-id": record.run_id}
        return Response(body, 200, made, "application/json")

    async def _told(self, live: LiveRun, record: RunRecord, content: str) -> Told:
        usage = record.usage
        if self.asked.form is not None and record.reply is not None:
            filled = await Utility(door=self.door).filled(record.reply, self.asked.form, live)
            if filled is None:
                content = encoded(record.reply.data).decode()
            else:
                content, usage = filled.answer().text, usage + filled.usage
        stands: Mapping[str, Any] = {}
        if not self.task and record.run_id == live.ask.run_id:
            stands = await self.threads.keep(
                self.thread, self.asked, record=record, content=content
            )
        told = Told(record=record, content=content, usage=usage, stands=stands)
        if self.keep is not None and not self.task:
            await self.keep(told)
        return told

    async def _again(self, record: RunRecord) -> Response:
        """Tell what this very request did before; nothing is run."""
        headers = {**self.asked.headers(), "x-batuta-repeated": record.run_id}
        answer = answer_of(record)
        if record.reply is None:
            return error_response(answer, headers)
        told = Told(record=record, content=record.reply.text, usage=record.usage)
        headers["x-request-id"] = record.run_id
        if not self.asked.streams:
            return Response(encoded(self.form.whole(told)), 200, headers, "application/json")

        async def frames() -> AsyncIterator[bytes]:
            yield self.form.begin(record.run_id) + self.form.text(told.content)
            yield self.form.end(told)

        return EventStream(frames(), None, headers)

    async def _frames(self, live: LiveRun, run_id: str) -> AsyncIterator[bytes]:
        yield self.form.begin(run_id)
        spoken = Spoken()
        async for event in live.follow(_QUIET_S):
            if event is None:
                yield STILL_THERE
            elif event.kind == "decision":
                yield self.form.decision(f"{event.by}: {event.name}\n")
            elif self.asked.form is None and (piece := spoken.piece(event)):
                yield self.form.text(piece)
        answer, record = live.answer(), live.record
        if not answer.good or record is None or record.reply is None:
            yield self.form.failed(answer)
            return
        rest = spoken.rest(record.reply.text) if self.asked.form is None else ""
        if rest:
            yield self.form.text(rest)
        try:
            told = await self._told(live, record, spoken.content)
        except BatutaError as error:
            yield self.form.failed(problem_of(error, **live.ids()))
            return
        if self.asked.form is not None:
            yield self.form.text(told.content)
        yield self.form.end(told)


def sse(data: Mapping[str, Any], name: str = "") -> bytes:
    """Write one event; JSON keeps it on one line."""
    opened = f"event: {name}\n".encode() if name else b""
    return opened + b"data: " + encoded(data) + b"\n\n"


def facts(told: Told) -> dict[str, Any]:
    """Give what this kind of answer has no place for: who answered, what was done, what it cost."""
    record = told.record
    made: dict[str, Any] = {
        "run_id": record.run_id,
        "session_id": record.session_id,
        "style": record.style,
        "stand_in": record.stand_in,
        "stop_reason": record.stop_reason,
        "cost_usd": record.cost.usd,
        "effects": [effect.to_json() for effect in record.effects],
    }
    if record.warnings:
        made["warnings"] = list(record.warnings)
    return made
