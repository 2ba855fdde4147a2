"""Runs a message of an A2A client as a task, which always ends and is never silent for long."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from a2a.helpers import new_data_part, new_task_from_user_message, new_text_part
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.events import EventQueue
from a2a.server.tasks import TaskUpdater
from a2a.types.a2a_pb2 import Message, Part, TaskState
from a2a.utils.errors import ContentTypeNotSupportedError

from batuta.assistant import Ask
from batuta.core.replacement import replace
from batuta.errors import BatutaError
from batuta.remote.a2a import parts_of
from batuta.serve.a2a.callers import PRINCIPAL
from batuta.serve.http.attached import attached
from batuta.serve.http.named_sessions import NamedSessions
from batuta.serve.http.own_questions import OwnQuestions
from batuta.serve.http.problems import Answer, Refused, problem_of
from batuta.serve.http.replies import asks_back, cancelled
from batuta.serve.http.schemas import AttachmentIn

if TYPE_CHECKING:
    from batuta.core.people import Question
    from batuta.serve.http.door import Door
    from batuta.serve.http.live import LiveRun

_OWNER = "a2a"
_QUIET_S = 3.0
"""The library's client leaves after five silent seconds, and a retry would ask again."""
_EXACT = 2**53
_LONGEST_NAME = 100
_HUMP = re.compile(r"_(\w)")
_TOLD = frozenset({"model", "tool", "agent", "step"})


class StyleExecutor(AgentExecutor):
    """Answers messages under one style."""

    def __init__(self, door: Door, style: str) -> None:
        self._door, self._style = door, style
        self._on: dict[str, LiveRun] = {}
        self._waiting: dict[str, int] = {}

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        """Run one message; what goes wrong ends its task as failed."""
        message = context.message
        if message is None:
            raise ContentTypeNotSupportedError(message="Send a message.")
        said = _parted(message)
        task = context.current_task
        if task is None:
            task = new_task_from_user_message(message)
            await event_queue.enqueue_event(task)
        updater = TaskUpdater(event_queue, task.id, task.context_id)
        await updater.start_work()
        try:
            live = await self._live(said, context, updater)
            if asked := await self._followed(live, updater):
                await updater.requires_input(updater.new_agent_message(_question(asked)))
                return
            reply = live.record.reply if live.record is not None else None
            answer, beside = live.answer(), [] if reply is None else parts_of(reply)
        except Refused as error:
            answer, beside = error.answer(), []
        except BatutaError as error:
            answer, beside = problem_of(error), []
        await _ended(updater, answer, beside)

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        """Cancel a task; a run that is on ends with it."""
        self._waiting.pop(context.task_id or "", None)
        live = self._on.pop(context.task_id or "", None)
        if live is not None:
            live.leave()
        updater = TaskUpdater(event_queue, context.task_id or "", context.context_id or "")
        await updater.cancel()

    async def _ask(self, text: str, shown: Sequence[AttachmentIn], context: RequestContext) -> Ask:
        return Ask(
            text=text,
            principal=context.call_context.state[PRINCIPAL],
            request_key=_key_of(context),
            attachments=await attached(shown, self._door.house.settings) if shown else (),
        )

    async def _live(
        self, said: tuple[str, list[AttachmentIn]], context: RequestContext, updater: TaskUpdater
    ) -> LiveRun:
        """Give the run that a message begins, or that waited for it."""
        waiting = self._on.get(updater.task_id) if updater.task_id in self._waiting else None
        if waiting is not None:
            asked = OwnQuestions(door=self._door, caller_id=waiting.ask.principal.id)
            if await asked.answer(waiting.run_id, said[0]):
                return waiting
        self._waiting.pop(updater.task_id, None)
        ask = await self._ask(*said, context)
        named = NamedSessions(sessions=self._door.house.sessions, owner=_OWNER)
        session_id = await named.session_of(updater.context_id, ask.principal.id)
        ask = replace(ask, session_id=session_id)
        live = self._on[updater.task_id] = await self._door.start(self._style, ask)
        return live

    async def _followed(self, live: LiveRun, updater: TaskUpdater) -> list[Question]:
        """Follow a run to its end, or until it asks its caller; gives what it asks."""
        asked = OwnQuestions(door=self._door, caller_id=live.ask.principal.id)
        before = self._waiting.pop(updater.task_id, 0)
        found: list[Question] = []
        try:
            found = await _told(live, updater, asked, before=before)
        except asyncio.CancelledError:
            live.leave()
            raise
        finally:
            if found:
                self._waiting[updater.task_id] = len(live.events)
            else:
                self._on.pop(updater.task_id, None)
        return found


def _key_of(context: RequestContext) -> str:
    """Give the key of a message: the same in the same context is the same request."""
    message_id = context.message.message_id if context.message else ""
    plain = f"{context.context_id}\x1f{message_id}".encode("utf-8", "replace")
    return f"{_OWNER}:{hashlib.sha256(plain).hexdigest()}" if message_id else ""


async def _told(
    live: LiveRun, updater: TaskUpdater, asked: OwnQuestions, *, before: int
) -> list[Question]:
    """Tell the client what a run does and that it is still at it, to its end or a question."""
    seen = 0
    async for event in live.follow(_QUIET_S):
        seen += event is not None
        if event is not None and seen <= before:
            continue
        if event is None:
            words = "still at it"
        elif event.kind in _TOLD and event.phase == "start":
            words = f"{event.kind} {event.name}"
        else:
            continue
        said = updater.new_agent_message([new_text_part(words)])
        await updater.update_status(TaskState.TASK_STATE_WORKING, said)
        if event is not None and (found := await asked.waited(live, event)):
            return found
    return []


def _question(asked: Sequence[Question]) -> list[Part]:
    """Write what a run asks its caller, with what it is about."""
    message = asked[0].message
    return [new_text_part(message.text), _data(dict(message.data or {}))]


async def _ended(updater: TaskUpdater, answer: Answer, beside: Sequence[Part]) -> None:
    body = answer.body
    if not answer.good:
        if body["code"] == cancelled().body["code"]:
            await updater.cancel()
            return
        parts = [new_text_part(str(body["detail"])), _data(body)]
        await updater.failed(updater.new_agent_message(parts))
        return
    told = _camel({name: value for name, value in body.items() if name not in ("reply", "data")})
    told |= {name: _camel(told[name]) for name in ("usage", "cost")}
    said = [new_text_part(body["reply"])] if body["reply"] else []
    if asks_back(answer):
        await updater.requires_input(updater.new_agent_message([*said, _data(told)]))
        return
    parts = [*said, *beside]
    parts += [_data(body["data"])] if body["data"] is not None else []
    await updater.add_artifact(parts, name="answer")
    await updater.add_artifact([_data(told)], name="record")
    await updater.complete(updater.new_agent_message(said))


def _camel(told: Mapping[str, Any]) -> dict[str, Any]:
    """Write our own names as the protocol writes its own."""
    return {_HUMP.sub(lambda at: at[1].upper(), name): value for name, value in told.items()}


def _parted(message: Message) -> tuple[str, list[AttachmentIn]]:
    """Give a message's words, and what is shown with them."""
    texts = [part.text for part in message.parts if part.HasField("text")]
    if not texts or any(part.HasField("data") for part in message.parts):
        raise ContentTypeNotSupportedError(message="Send text; images and files may go with it.")
    others = [part for part in message.parts if not part.HasField("text")]
    return "\n".join(texts), [_shown(part) for part in others]


def _shown(part: Part) -> AttachmentIn:
    raw = part.HasField("raw")
    return AttachmentIn(
        data=base64.b64encode(part.raw).decode() if raw else None,
        url=None if raw else part.url,
        media_type=part.media_type or None,
        name=part.filename[:_LONGEST_NAME] or None,
    )


def _data(value: Any) -> Part:
    return new_data_part(_exact(value))


def _exact(value: Any) -> Any:
    """Write whole numbers as text that a float, which is all that there is, would change."""
    if isinstance(value, bool) or value is None or isinstance(value, str | float):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _EXACT else str(value)
    if isinstance(value, Mapping):
        given = cast("Mapping[Any, Any]", value)
        return {str(k): _exact(v) for k, v in given.items()}
    if isinstance(value, list | tuple):
        return [_exact(each) for each in cast("list[Any]", value)]
    return str(value)
