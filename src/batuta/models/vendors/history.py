"""Our messages as pydantic-ai's, in an order that every vendor takes.

All vendors want the results of a call right after it, none without its call and no call without its
result, a user's word first and no empty texts. Our history knows no such rule: it may be cut at its
beginning, and another style may have written it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    ModelResponsePart,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from batuta.core.message import Message, ToolCall

_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_BEFORE = "(The conversation began earlier.)"
_LOST = "(The result of this call was not kept.)"
_GO_ON = "(Go on.)"


def theirs(messages: Sequence[Message]) -> list[ModelMessage]:
    """Turn a conversation into pydantic-ai's messages."""
    talk = _Talk()
    results = _Results(messages)
    for place, message in enumerate(messages):
        if message.role == "system":
            talk.ask(SystemPromptPart(message.text) if message.text else None)
        elif message.role == "user":
            talk.ask(UserPromptPart(message.text) if message.text.strip() else None)
        elif message.role == "tool":
            if place not in results.answered:
                talk.ask(UserPromptPart(f"Result of {message.name or 'a tool'}: {message.text}"))
        else:
            talk.answer(message)
            for call in message.tool_calls:
                talk.ask(results.take(call, place))
    return talk.whole()


class _Results:
    """Finds the result of each call: the first one of its id that comes after it."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._messages = messages
        self._places: dict[str, list[int]] = {}
        for place, message in enumerate(messages):
            if message.role == "tool" and message.call_id:
                self._places.setdefault(message.call_id, []).append(place)
        self.answered = set(self._answered())

    def take(self, call: ToolCall, place: int) -> ToolReturnPart:
        found = self._after(call.id, place)
        text = _LOST if found is None else self._messages[found].text
        return ToolReturnPart(call.name, text or "(nothing)", id_of(call.id))

    def _answered(self) -> Iterator[int]:
        for place, message in enumerate(self._messages):
            for call in message.tool_calls if self._places else ():
                found = self._after(call.id, place)
                if found is not None:
                    yield found

    def _after(self, call_id: str, place: int) -> int | None:
        return next((p for p in self._places.get(call_id, ()) if p > place), None)


class _Talk:
    """Gathers what stands side by side into one message."""

    def __init__(self) -> None:
        self._made: list[ModelMessage] = []
        self._heard = False

    def ask(self, part: ModelRequestPart | None) -> None:
        if part is None:
            return
        self._heard = self._heard or not isinstance(part, SystemPromptPart)
        last = self._made[-1] if self._made else None
        if isinstance(last, ModelRequest):
            last.parts = [*last.parts, part]
        else:
            self._made.append(ModelRequest(parts=[part]))

    def answer(self, message: Message) -> None:
        parts: list[ModelResponsePart] = []
        if message.text.strip():
            parts.append(TextPart(message.text))
        parts += [ToolCallPart(c.name, _arguments(c), id_of(c.id)) for c in message.tool_calls]
        if not parts:
            return
        if not self._heard:
            self.ask(UserPromptPart(_BEFORE))
        last = self._made[-1]
        if isinstance(last, ModelResponse):
            last.parts = [*last.parts, *parts]
        else:
            self._made.append(ModelResponse(parts=parts))

    def whole(self) -> list[ModelMessage]:
        if not self._heard:
            self.ask(UserPromptPart(_BEFORE))
        if isinstance(self._made[-1], ModelResponse):
            self.ask(UserPromptPart(_GO_ON))
        return self._made


def id_of(call_id: str) -> str:
    """Give a call's id as every vendor takes it: itself, or a digest of it."""
    if _ID.fullmatch(call_id):
        return call_id
    return f"call_{hashlib.sha256(call_id.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _arguments(call: ToolCall) -> dict[str, object]:
    return dict(call.arguments) if call.invalid is None else {"INVALID_JSON": call.invalid}
