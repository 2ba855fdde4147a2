"""Anthropic Messages, by its raw events: the SDK's helper takes a call that was cut for whole.

Source: https://docs.anthropic.com/en/api/messages (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import httpx2

from batuta.core.wire import ReplyTooLong
from batuta.models.vendors.anthropic_sdk import load_sdk
from batuta.models.vendors.attached import messages_content
from batuta.models.vendors.cache import KeptTools
from batuta.models.vendors.cache_points import goes_on, mark_talk, marked_system, marked_tools
from batuta.models.vendors.claude import claude_of
from batuta.models.vendors.complaint_body import VendorFailure, no_answer
from batuta.models.vendors.draft import DraftCall, ReplyDraft
from batuta.models.vendors.families import family_of
from batuta.models.vendors.history import (
    TurnItem,
    VendorTurn,
    arguments_of,
    id_of,
    system_of,
    turns_of,
)
from batuta.models.vendors.http_client import http_client
from batuta.models.vendors.http_wire import HttpWire
from batuta.models.vendors.names import legal_name
from batuta.models.vendors.reasoning import TaggedThoughts
from batuta.models.vendors.schemas import plain
from batuta.models.vendors.sent_settings import SentSettings, messages_body, within_budget
from batuta.models.vendors.usage import anthropic_usage, mapping

if TYPE_CHECKING:
    from batuta.core.model import Emit, ModelRequest, OutputSchema
    from batuta.models.vendors.access import VendorAccess

_OWN_URL = "https://api.anthropic.com"
_FINAL = "Give the final answer by calling this."
_QUIET: Mapping[str, str] = {"type": "disabled"}
_THOUGHTS = {"thinking", "redacted_thinking"}


def connect(name: str, access: VendorAccess) -> HttpWire:
    """Make the way to a model, given as ``provider:model``."""
    sdk = load_sdk()
    client = sdk.client(
        api_key=access.key.reveal() or "none",
        base_url=access.base_url or _OWN_URL,
        max_retries=0,
        http_client=http_client(access),
    )
    raises = (sdk.error, httpx2.HTTPError, ReplyTooLong)
    form = MessagesFormat(name, own=not access.base_url)
    return HttpWire(client, form, sdk.status_error, raises)


class MessagesFormat:
    """Anthropic Messages. A part's data is a block of thoughts as it came.

    Args:
        own: Anthropic's own server; others may leave thoughts in the text.
    """

    path = "/v1/messages"

    def __init__(self, name: str, *, own: bool = True) -> None:
        self._name, self._own = name, own
        self._model = name.partition(":")[2]
        self._family = family_of(name)
        self._tools = KeptTools(_tool)
        self._settings = SentSettings(name, messages_body)
        claude = claude_of(self._model)
        self._forced = claude is None or not claude.always_thinks

    def draft(self, request: ModelRequest, emit: Emit) -> ReplyDraft:
        """See ``HttpFormat.draft``."""
        thoughts = None if self._own else TaggedThoughts(held=False)
        return _MessagesDraft(self._name, emit, family=self._family, thoughts=thoughts)

    def body(self, request: ModelRequest, *, streamed: bool) -> dict[str, Any]:
        """See ``HttpFormat.body``."""
        turns = turns_of(request.messages, self._family)
        settings, most = request.settings, self._settings.limit(request)
        asked, caches = self._settings.of(settings), settings.caching is not False
        made: dict[str, Any] = {
            "model": self._model,
            "max_tokens": most,
            "messages": [_message(turn, self._name) for turn in turns],
            **asked,
        }
        if "thinking" in asked:
            made["thinking"] = within_budget(asked["thinking"], most) or {"type": "disabled"}
        system = system_of(turns)
        if system:
            made["system"] = marked_system(system) if caches else system
        self._offer(request, made, caches=caches)
        if caches and goes_on(request):
            mark_talk(made["messages"])
        made |= settings.extra_body or {}
        if streamed:
            made["stream"] = True
        return made

    def _offer(self, request: ModelRequest, made: dict[str, Any], *, caches: bool) -> None:
        """Write the tools, and how they may be chosen."""
        tools = self._tools.of(request.tools) if request.tools else []
        if request.output is not None:
            tools = [*tools, _output_tool(request.output)]
            # No call can be forced while it thinks; it is told to make one all the same.
            if self._forced and made.get("thinking", _QUIET)["type"] in {
                "disabled",
                "between_tools",
            }:
                made["tool_choice"] = {**made.get("tool_choice", {}), "type": "any"}
        if tools:
            made["tools"] = marked_tools(tools) if caches else tools
        else:
            made.pop("tool_choice", None)

    def whole(self, answer: Mapping[str, Any], draft: ReplyDraft) -> None:
        """See ``HttpFormat.whole``.

        Raises:
            VendorFailure: It is an error inside a good answer.
            ModelReplyInvalid: It is something else.
        """
        if answer.get("type") == "error" or answer.get("error"):
            raise VendorFailure(answer)
        content = answer.get("content")
        if not isinstance(content, list | str):
            raise no_answer(answer, draft.name, "content")
        draft.by(answer.get("model"))
        if isinstance(content, str):
            draft.say(content)
        for block in cast("list[object]", content) if isinstance(content, list) else []:
            _block(mapping(block), draft)
        _usage(mapping(answer.get("usage")), draft, last=True)
        draft.finish = str(answer.get("stop_reason") or "")
        draft.ended = True

    def event(self, name: str, event: Mapping[str, Any], draft: ReplyDraft) -> None:
        """See ``HttpFormat.event``.

        Raises:
            VendorFailure: It is an error.
        """
        kind = event.get("type") or name
        if kind == "content_block_delta":
            _delta(event.get("index"), mapping(event.get("delta")), draft)
        elif kind == "content_block_start":
            _start(event.get("index"), mapping(event.get("content_block")), draft)
        elif kind == "content_block_stop":
            _stop(event.get("index"), draft)
        elif kind == "message_start":
            message = mapping(event.get("message"))
            draft.by(message.get("model"))
            _usage(mapping(message.get("usage")), draft, last=False)
        elif kind == "message_delta":
            reason = mapping(event.get("delta")).get("stop_reason")
            if reason:
                draft.finish, draft.ended = str(reason), True
            if event.get("usage"):
                _usage(mapping(event["usage"]), draft, last=True)
        elif kind == "message_stop":
            draft.ended = True
        elif kind == "error" or event.get("error"):
            raise VendorFailure(event)


class _MessagesDraft(ReplyDraft):
    """A draft with the blocks of thoughts that are under way."""

    __slots__ = ("thinking", "told")

    def __init__(
        self, name: str, emit: Emit, *, family: str, thoughts: TaggedThoughts | None
    ) -> None:
        super().__init__(name, emit, family=family, thoughts=thoughts)
        self.thinking: dict[object, dict[str, Any]] = {}
        self.told: dict[str, Any] = {}


def _usage(said: Mapping[str, Any], draft: ReplyDraft, *, last: bool) -> None:
    """Take totals so far; the first event's output is no more than a beginning."""
    if not said:
        return
    held = draft.told if isinstance(draft, _MessagesDraft) else {}
    held |= {name: value for name, value in said.items() if value is not None}
    if said.get("service_tier"):
        draft.tier = str(said["service_tier"])
    told = anthropic_usage(held)
    draft.usage = told if last else told._replace(told=False)


def _block(block: Mapping[str, Any], draft: ReplyDraft) -> None:
    """Fold a whole block; one that is new to us is passed over."""
    kind = block.get("type")
    if kind == "text" or (kind is None and "text" in block):
        draft.say(block.get("text"))
    elif kind == "tool_use":
        draft.call(block.get("id"), block.get("name")).whole = block.get("input")
    elif kind in _THOUGHTS:
        draft.thought = True
        draft.reason(block.get("thinking"))
        draft.part(dict(block))


def _start(index: object, block: Mapping[str, Any], draft: ReplyDraft) -> None:
    kind = block.get("type")
    if kind == "tool_use":
        call = draft.call(block.get("id"), block.get("name"), index)
        call.whole = block.get("input") or None
    elif kind in _THOUGHTS and isinstance(draft, _MessagesDraft):
        draft.thought = True
        draft.thinking[index] = dict(block)
    elif kind == "text":
        draft.say(block.get("text"))


def _delta(index: object, delta: Mapping[str, Any], draft: ReplyDraft) -> None:
    kind = delta.get("type")
    if kind == "text_delta" or (kind is None and "text" in delta):
        draft.say(delta.get("text"))
    elif kind == "input_json_delta":
        call = _call_at(index, draft)
        if call is not None:
            call.pieces.append(str(delta.get("partial_json") or ""))
    elif kind in {"thinking_delta", "signature_delta"} and isinstance(draft, _MessagesDraft):
        held = draft.thinking.setdefault(index, {"type": "thinking"})
        field = "thinking" if kind == "thinking_delta" else "signature"
        if field == "thinking":
            draft.reason(delta.get(field))
        held[field] = f"{held.get(field) or ''}{delta.get(field) or ''}"


def _stop(index: object, draft: ReplyDraft) -> None:
    if isinstance(draft, _MessagesDraft):
        held = draft.thinking.pop(index, None)
        if held is not None:
            draft.part(held)


def _call_at(index: object, draft: ReplyDraft) -> DraftCall | None:
    found = [call for call in draft.calls if call.index == index or index is None]
    return found[-1] if found else None


def _message(turn: VendorTurn, name: str) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = []
    for item in turn.items:
        if item.files:
            blocks += _shown(item, name)
        elif (block := _sent(item)) is not None:
            blocks.append(block)
    # A message may not end with a thought, nor be one.
    while len(blocks) > 1 and blocks[-1].get("type") in _THOUGHTS:
        blocks.pop()
    return {"role": turn.role, "content": blocks}


def _shown(item: TurnItem, name: str) -> list[dict[str, Any]]:
    made = messages_content(name, item)
    if item.call is None:
        return made
    return [{"type": "tool_result", "tool_use_id": id_of(item.call.id), "content": made}]


def _sent(item: TurnItem) -> dict[str, Any] | None:
    if item.kind == "system":
        return None
    if item.part is not None:
        return dict(item.part.data)
    if item.call is None:
        return {"type": "text", "text": item.text}
    call_id = id_of(item.call.id)
    if item.kind == "result":
        return {"type": "tool_result", "tool_use_id": call_id, "content": item.text}
    return {
        "type": "tool_use",
        "id": call_id,
        "name": legal_name(item.call.name),
        "input": arguments_of(item.call),
    }


def _tool(name: str, description: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": legal_name(name), "description": description, "input_schema": plain(parameters)}


def _output_tool(output: OutputSchema) -> dict[str, Any]:
    return _tool(output.name, output.description or _FINAL, output.schema)
