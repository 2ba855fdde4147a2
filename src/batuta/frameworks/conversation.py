"""A conversation on its way through a framework: what it would lose is kept beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from batuta.core.message import Message
from batuta.frameworks.calls import CallIds
from batuta.frameworks.files import with_files

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from batuta.core.attachment import Attachment
    from batuta.core.message import ToolCall
    from batuta.core.model import ModelRequest
    from batuta.core.run import Run
    from batuta.errors import BatutaError

T = TypeVar("T")


class FrameworkConversation:
    """What a framework and the run tell each other while one agent answers one message.

    ``given`` is what ``history`` gave; ``turns`` counts the replies; ``failure`` is what must end
    the run, whatever the framework makes of it.
    """

    def __init__(self, messages: Sequence[Message], run: Run) -> None:
        self.messages = messages
        self.given: list[Message] = []
        self.turns = 0
        self.failure: BatutaError | None = None
        self._run = run
        self._ids = CallIds()
        self._calls: dict[str, ToolCall] = {}
        self._results: dict[str, str] = {}
        self._files = False
        self._shown: dict[str, tuple[Attachment, ...]] = {}
        self._wishes: list[Message] = []
        self._said: dict[str, Message] = {}
        self._at_work: set[asyncio.Task[Any]] = set()

    def history(self) -> list[Message]:
        """Give the conversation with an id of its own for every call, remembered as if admitted."""
        given = self.given
        known: dict[str, str] = {}
        for message in self.messages:
            if message.role == "tool":
                call_id = known.get(message.call_id or "", message.call_id or "")
                self._results[call_id] = message.text
                if message.parts:
                    self._shown[call_id] = message.attachments
                given.append(replace(message, call_id=call_id))
                continue
            if message.parts and message.role == "user":
                self._files = True
            calls = self._named(message.tool_calls)
            known |= {old.id: new.id for old, new in zip(message.tool_calls, calls, strict=True)}
            given.append(self._keep(replace(message, tool_calls=tuple(calls))))
        return given

    def call_of(self, call_id: str) -> ToolCall | None:
        """Give a call as the model made it: no framework's reading of its arguments counts."""
        return self._calls.get(call_id)

    def as_said(self, message: Message) -> Message:
        """Give a message with calls as the model said it, with what its vendor wants back."""
        calls = message.tool_calls
        kept = self._said.get(calls[0].id) if calls else None
        return kept if kept is not None and kept.tool_calls == calls else message

    def result_of(self, call_id: str, told: str) -> str:
        """Give what a call came to, where it was done here; else what the framework told of it."""
        return self._results.get(call_id, told)

    def recorded(self, call_id: str, result: str) -> None:
        """Let the model be told what a call came to before a restart, whatever it comes to now."""
        self._results[call_id] = result

    async def settle(self) -> None:
        """Wait for calls that were cancelled: frameworks leave them to themselves."""
        if self._at_work:
            await asyncio.wait(self._at_work)

    async def _worked(self, work: Coroutine[Any, Any, T]) -> T:
        """Do what ``settle`` waits for."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._at_work.add(task)
        try:
            return await work
        finally:
            self._at_work.discard(task)

    def _whole(self, request: ModelRequest) -> ModelRequest:
        """Put images and files back where they were: a framework carries words."""
        if not self._files and not self._shown:
            return request
        asked = [message for message in self.given if message.role == "user"]
        return replace(request, messages=with_files(request.messages, asked, self._shown))

    def _said_so_far(self) -> tuple[Message, ...]:
        """List the calls that were wished for, each turn's with their results after them."""
        said: list[Message] = []
        for wish in self._wishes:
            said.append(wish)
            said += [
                Message.tool(call, self._results[call.id]).attaching(*self._shown.get(call.id, ()))
                for call in wish.tool_calls
                if call.id in self._results
            ]
        return tuple(said)

    def _keep(self, message: Message) -> Message:
        if message.tool_calls:
            self._said[message.tool_calls[0].id] = message
        return message

    def _named(self, calls: Sequence[ToolCall]) -> list[ToolCall]:
        named = [replace(call, id=self._ids.take(call.id)) for call in calls]
        self._calls |= {call.id: call for call in named}
        return named
