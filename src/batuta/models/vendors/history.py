"""Our messages as turns, in an order that every vendor takes.

All vendors want the results of a call right after it, none without its call and no call without its
result, a user's word first and no empty texts. Our history knows no such rule: it may be cut at its
beginning, and another style may have written it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from batuta.core.attachment import Attachment
from batuta.core.message import Message, ToolCall, VendorPart
from batuta.core.slots import new_list

_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_BEFORE = "(The conversation began earlier.)"
_LOST = "(The result of this call was not kept.)"
_GO_ON = "(Go on.)"


class TurnItem(NamedTuple):
    """One thing in a turn.

    Args:
        text: Said, or of a result as the model reads it.
        call: Wished for, or of a result the one that it answers.
        part: What the vendor of a family wants back.
        files: Images and files beside the text of a user, or of a result.
    """

    kind: Literal["system", "user", "result", "text", "call", "part"]
    text: str = ""
    call: ToolCall | None = None
    part: VendorPart | None = None
    files: tuple[Attachment, ...] = ()


@dataclass(slots=True)
class VendorTurn:
    """What one side says until the other does.

    Args:
        latest: Whether the user has said nothing since.
    """

    role: Literal["user", "assistant"]
    items: list[TurnItem] = field(default_factory=new_list)
    latest: bool = False


def turns_of(messages: Sequence[Message], family: str = "") -> list[VendorTurn]:
    """Turn a conversation into turns.

    Args:
        family: Of the model that reads it: the parts of others are left out.
    """
    talk = _Talk(family)
    results = _Results(messages)
    for place, message in enumerate(messages):
        if message.role == "system":
            talk.ask(TurnItem("system", message.text) if message.text else None)
        elif message.role == "user":
            talk.ask(_asked(message))
        elif message.role == "tool":
            if place not in results.answered:
                said = f"Result of {message.name or 'a tool'}: {message.text}"
                talk.ask(TurnItem("user", said, files=message.attachments if message.parts else ()))
        else:
            answered = results.of.get(place, [])
            talk.answer(message, [item.call for item in answered if item.call is not None])
            for item in answered:
                talk.ask(item)
    return talk.whole()


def system_of(turns: Sequence[VendorTurn]) -> str:
    """Give all instructions in one text, for vendors that have one place for them."""
    return "\n\n".join(i.text for turn in turns for i in turn.items if i.kind == "system")


class _Results:
    """Finds the result of each call, and gives calls of one id an id each.

    There are models that count their calls from 1 in every reply, or give two the same id: a result
    belongs to the first call of its id before it that has none yet.

    Args:
        messages: The conversation.
    """

    def __init__(self, messages: Sequence[Message]) -> None:
        self.of: dict[int, list[TurnItem]] = {}
        self.answered: set[int] = set()
        self._messages = messages
        self._results: dict[str, list[int]] = {}
        self._wishes: dict[str, list[int]] = {}
        for place, message in enumerate(messages):
            if message.role == "tool" and message.call_id:
                self._results.setdefault(message.call_id, []).append(place)
            for call in message.tool_calls:
                self._wishes.setdefault(call.id, []).append(place)
        seen: dict[str, int] = {}
        for place, message in enumerate(messages):
            if message.tool_calls:
                self.of[place] = [self._take(c, place, seen) for c in message.tool_calls]

    def _take(self, call: ToolCall, place: int, seen: dict[str, int]) -> TurnItem:
        seen[call.id] = number = seen.get(call.id, 0) + 1
        its = call if number == 1 else replace(call, id=f"{call.id}_{number}")
        until = next((p for p in self._wishes[call.id] if p > place), len(self._messages))
        results = self._results.get(call.id, ())
        found = next((p for p in results if place < p < until and p not in self.answered), None)
        if found is None:
            return TurnItem("result", _LOST, its)
        self.answered.add(found)
        result = self._messages[found]
        files = result.attachments if result.parts else ()
        return TurnItem("result", result.text or "(nothing)", its, files=files)


def _asked(message: Message) -> TurnItem | None:
    if message.parts:
        files = message.attachments
        return TurnItem("user", message.text, files=files) if files or message.text else None
    return TurnItem("user", message.text) if message.text.strip() else None


class _Talk:
    """Gathers what stands side by side into one turn."""

    def __init__(self, family: str) -> None:
        self._made: list[VendorTurn] = []
        self._heard = False
        self._family = family

    def ask(self, item: TurnItem | None) -> None:
        if item is None:
            return
        self._heard = self._heard or item.kind != "system"
        self._last("user").items.append(item)

    def answer(self, message: Message, calls: Sequence[ToolCall]) -> None:
        if not (message.text.strip() or message.tool_calls):
            return
        if not self._heard:
            self.ask(TurnItem("user", _BEFORE))
        self._last("assistant").items.extend(_spoken(message, calls, self._family))

    def whole(self) -> list[VendorTurn]:
        if not self._heard:
            self.ask(TurnItem("user", _BEFORE))
        if self._made[-1].role == "assistant":
            self.ask(TurnItem("user", _GO_ON))
        for turn in reversed(self._made):
            if any(item.kind == "user" for item in turn.items):
                break
            turn.latest = True
        return self._made

    def _last(self, role: Literal["user", "assistant"]) -> VendorTurn:
        if not self._made or self._made[-1].role != role:
            self._made.append(VendorTurn(role))
        return self._made[-1]


def _spoken(message: Message, calls: Sequence[ToolCall], family: str) -> Iterator[TurnItem]:
    """Give a message's texts, calls and parts in the order in which they came."""
    said, called = 0, 0
    for part in message.parts:
        if not isinstance(part, VendorPart) or part.family != family:
            continue
        yield from _text(message.text[said : part.after_chars])
        said = max(said, part.after_chars)
        for call in calls[called : part.after_calls]:
            yield TurnItem("call", call=call)
        called = max(called, part.after_calls)
        yield TurnItem("part", part=part)
    yield from _text(message.text[said:])
    for call in calls[called:]:
        yield TurnItem("call", call=call)


def _text(text: str) -> Iterator[TurnItem]:
    if text.strip():
        yield TurnItem("text", text)


def id_of(call_id: str) -> str:
    """Give a call's id as every vendor takes it: itself, or a digest of it."""
    if _ID.fullmatch(call_id):
        return call_id
    return f"call_{hashlib.sha256(call_id.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def arguments_of(call: ToolCall) -> dict[str, object]:
    """Give a call's arguments as data, also where they never were any."""
    return dict(call.arguments) if call.invalid is None else {"INVALID_JSON": call.invalid}
