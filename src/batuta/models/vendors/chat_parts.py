"""What servers of Chat Completions give with a message or a call, and want back.

Gemini's signatures stand in ``extra_content``, thoughts in ``reasoning_content`` (DeepSeek, Kimi),
``reasoning`` (Ollama, vLLM) or ``reasoning_details`` (OpenRouter). A part's data is
``{"on": "message" or "call", "fields": {…}}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from batuta.core.message import VendorPart
from batuta.models.vendors.usage import mapping

if TYPE_CHECKING:
    from batuta.models.vendors.draft import DraftCall, ReplyDraft
    from batuta.models.vendors.history import VendorTurn

THOUGHTS = (
    "reasoning_content",
    "reasoning",
    "reasoning_details",
    "reasoning_text",
    "thinking_blocks",
)
_SEALED = ("extra_content", "reasoning_opaque", "thought_signature")
_OF_CALL = frozenset({"id", "type", "index", "function"})
_OF_FUNCTION = frozenset({"name", "arguments", "parsed_arguments"})


def message_fields(said: Mapping[str, Any]) -> dict[str, Any]:
    """Give the fields of a message, or of a piece of one, that are wanted back."""
    return {name: said[name] for name in (*THOUGHTS, *_SEALED) if said.get(name)}


def call_fields(wish: Mapping[str, Any]) -> dict[str, Any]:
    """Give whatever a call has beside what the protocol knows."""
    made = {name: value for name, value in wish.items() if name not in _OF_CALL and value}
    function = mapping(wish.get("function"))
    held = {name: value for name, value in function.items() if name not in _OF_FUNCTION and value}
    return {**made, "function": held} if held else made


class ChatParts:
    """Keeps these fields in a draft, and puts them into a message that is sent."""

    @staticmethod
    def on_message(draft: ReplyDraft, fields: Mapping[str, Any]) -> None:
        """Keep fields of the message; what comes in pieces is put together."""
        for place, part in enumerate(draft.parts):
            if part.data["on"] == "message":
                draft.parts[place] = _joined(part, fields)
                return
        draft.part({"on": "message", "fields": dict(fields)})

    @staticmethod
    def on_call(draft: ReplyDraft, call: DraftCall, fields: Mapping[str, Any]) -> None:
        """Keep fields of a call."""
        number = next(place for place, one in enumerate(draft.calls) if one is call)
        for place, part in enumerate(draft.parts):
            if part.data["on"] == "call" and part.after_calls == number:
                draft.parts[place] = _joined(part, fields)
                return
        data = {"on": "call", "fields": dict(fields)}
        draft.parts.append(VendorPart(draft.family, data, draft.chars, number))

    @staticmethod
    def give_back(turn: VendorTurn, message: dict[str, Any], *, for_ever: bool = False) -> None:
        """Add to a message what its vendor gave with it.

        Thoughts go back within a turn of tools alone: servers refuse or ignore them later.

        Args:
            for_ever: This one wants those of calls in later turns, too.
        """
        calls: list[dict[str, Any]] = message.get("tool_calls", [])
        called = 0
        for item in turn.items:
            called += item.kind == "call"
            if item.part is None:
                continue
            fields = mapping(item.part.data.get("fields"))
            if item.part.data.get("on") == "call" and called < len(calls):
                _add(calls[called], fields)
            elif item.part.data.get("on") == "message":
                within = (turn.latest or for_ever) and bool(calls)
                message |= {k: v for k, v in fields.items() if within or k in _SEALED}


def _add(call: dict[str, Any], fields: Mapping[str, Any]) -> None:
    function = {**call["function"], **mapping(fields.get("function"))}
    call |= {**fields, "function": function}


def _joined(part: VendorPart, fields: Mapping[str, Any]) -> VendorPart:
    held = dict(mapping(part.data.get("fields")))
    for name, value in fields.items():
        held[name] = _put_together(held.get(name), value)
    return replace(part, data={**part.data, "fields": held})


def _put_together(old: object, new: object) -> object:
    if isinstance(old, str) and isinstance(new, str):
        return old + new
    if isinstance(old, list) and isinstance(new, list):
        return _details(cast("list[object]", old), cast("list[object]", new))
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {**cast("Mapping[str, Any]", old), **cast("Mapping[str, Any]", new)}
    return new


def _details(old: list[object], new: list[object]) -> list[object]:
    """Add to a list of details; the text of one that goes on is joined."""
    made = list(old)
    for each in new:
        last, more = mapping(made[-1] if made else None), mapping(each)
        same = all(last.get(k) == more.get(k) for k in ("type", "index"))
        if same and more.get("type") in {"reasoning.text", "reasoning.summary"}:
            texts = {k: f"{last.get(k) or ''}{more[k]}" for k in ("text", "summary") if more.get(k)}
            rest = {k: v for k, v in more.items() if v is not None and k not in texts}
            made[-1] = {**last, **rest, **texts}
        else:
            made.append(each)
    return made
