"""OpenAI Responses.

Source: https://platform.openai.com/docs/api-reference/responses (read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from batuta.errors import ModelReplyInvalid
from batuta.models.vendors.attached import responses_content
from batuta.models.vendors.cache import KeptTools
from batuta.models.vendors.complaint_body import VendorFailure, check_no_error, no_answer
from batuta.models.vendors.draft import DraftCall, ReplyDraft
from batuta.models.vendors.families import family_of, openai_reasons
from batuta.models.vendors.history import VendorTurn, arguments_of, id_of, turns_of
from batuta.models.vendors.names import legal_name
from batuta.models.vendors.openai_client import openai_wire
from batuta.models.vendors.reasoning import TaggedThoughts
from batuta.models.vendors.schemas import plain, strict
from batuta.models.vendors.sent_settings import SentSettings, cache_key, responses_body
from batuta.models.vendors.usage import mapping, responses_usage

if TYPE_CHECKING:
    from batuta.core.message import ToolCall
    from batuta.core.model import Emit, ModelRequest, OutputSchema
    from batuta.models.vendors.access import VendorAccess
    from batuta.models.vendors.http_wire import HttpWire

_WHOLE = {"response.function_call_arguments.done", "response.output_text.done"}
_ENDS = {"response.completed", "response.incomplete", "response.failed", "response.cancelled"}


def connect(name: str, access: VendorAccess) -> HttpWire:
    """Make the way to a model, given as ``provider:model``."""
    return openai_wire(ResponsesFormat(name, own=not access.base_url), access)


class ResponsesFormat:
    """Responses. The vendor stores nothing, so encrypted thoughts travel with the messages.

    Args:
        own: OpenAI's own server; others may leave thoughts in the text.
    """

    path = "/responses"

    def __init__(self, name: str, *, own: bool = True) -> None:
        self._name, self._own = name, own
        self._model = name.partition(":")[2]
        self._family = family_of(name)
        self._tools = KeptTools(_tool)
        self._reasons = openai_reasons(self._model)
        self._settings = SentSettings(name, responses_body)

    def draft(self, request: ModelRequest, emit: Emit) -> ReplyDraft:
        """See ``HttpFormat.draft``."""
        thoughts = None if self._own else TaggedThoughts(held=False)
        return ReplyDraft(self._name, emit, family=self._family, thoughts=thoughts)

    def body(self, request: ModelRequest, *, streamed: bool) -> dict[str, Any]:
        """See ``HttpFormat.body``."""
        settings = request.settings
        asked = self._settings.of(settings)
        made: dict[str, Any] = {
            "model": self._model,
            "input": _input(turns_of(request.messages, self._family), self._name),
            "max_output_tokens": self._settings.limit(request),
            "store": False,
        }
        if self._reasons:
            made["include"] = ["reasoning.encrypted_content"]
        if request.tools:
            made["tools"] = self._tools.of(request.tools)
            made["tool_choice"] = "auto"
        made |= asked
        if not request.tools:
            made.pop("tool_choice", None)
            made.pop("parallel_tool_calls", None)
        if request.output is not None:
            made["text"] = {**made.get("text", {}), "format": _format(request.output)}
        key = "" if settings.caching is False else cache_key()
        if key:
            made["prompt_cache_key"] = key
        made |= settings.extra_body or {}
        if streamed:
            made["stream"] = True
        return made

    def whole(self, answer: Mapping[str, Any], draft: ReplyDraft) -> None:
        """See ``HttpFormat.whole``.

        Raises:
            VendorFailure: It is an error inside a good answer.
            ModelReplyInvalid: It is something else.
        """
        check_no_error(answer)
        if "output" not in answer and "status" not in answer:
            raise no_answer(answer, draft.name, "output")
        output = answer.get("output")
        if output is not None and not isinstance(output, list):
            raise ModelReplyInvalid(draft.name, "its output is no list")
        self._end(answer, draft)
        for item in cast("list[object]", output or []):
            _item(mapping(item), draft)

    def event(self, name: str, event: Mapping[str, Any], draft: ReplyDraft) -> None:
        """See ``HttpFormat.event``.

        Raises:
            VendorFailure: It is an error.
        """
        kind = event.get("type") or name
        if kind == "response.output_text.delta":
            draft.say(event.get("delta"))
        elif kind == "response.function_call_arguments.delta":
            call = _placed(event, draft)
            if call is not None:
                call.pieces.append(str(event.get("delta") or ""))
        elif kind == "response.reasoning_summary_text.delta":
            draft.reason(event.get("delta"))
        elif kind == "response.refusal.delta":
            draft.refusal.append(str(event.get("delta") or ""))
        else:
            self._landmark(str(kind), event, draft)

    def _landmark(self, kind: str, event: Mapping[str, Any], draft: ReplyDraft) -> None:
        """Fold an event that is no piece: where an item begins or ends, or all of it."""
        if kind == "response.output_item.added":
            item = mapping(event.get("item"))
            if item.get("type") == "function_call":
                call = draft.call(item.get("call_id"), item.get("name"), event.get("output_index"))
                call.whole = item.get("arguments") or None
        elif kind in _WHOLE:
            self._whole_piece(kind, event, draft)
        elif kind == "response.output_item.done":
            self._done(event, draft)
        elif kind in _ENDS:
            self._ended(mapping(event.get("response")), draft)
        elif kind == "response.reasoning_summary_part.added":
            draft.reason("\n\n" if draft.summary else "")
        elif kind == "error" or event.get("error"):
            raise VendorFailure(event)
        elif kind == "response.created":
            draft.by(mapping(event.get("response")).get("model"))

    def _whole_piece(self, kind: str, event: Mapping[str, Any], draft: ReplyDraft) -> None:
        """Take what a piece comes to in the end, where its pieces did not come."""
        if kind == "response.function_call_arguments.done":
            call = _placed(event, draft)
            if call is not None and not call.pieces:
                call.whole = event.get("arguments") or call.whole
        elif not draft.texts:
            draft.say(event.get("text"))

    def _done(self, event: Mapping[str, Any], draft: ReplyDraft) -> None:
        """Take an item as it is in the end, where its pieces did not come."""
        item = mapping(event.get("item"))
        kind = item.get("type")
        if kind == "function_call":
            call = _placed(event, draft)
            if call is None:
                _item(item, draft)
                return
            call.name = call.name or str(item.get("name") or "")
            arguments = item.get("arguments")
            if arguments:
                call.pieces.clear()
                call.whole = arguments
            _keep_id(item, "call", draft)
        elif kind == "message":
            if not draft.texts and not draft.refusal:
                _item(item, draft)
            else:
                _keep_id(item, "message", draft)
        else:
            _item(item, draft)

    def _ended(self, response: Mapping[str, Any], draft: ReplyDraft) -> None:
        check_no_error(response)
        self._end(response, draft)
        items = [mapping(item) for item in cast("list[object]", response.get("output") or [])]
        if draft.texts or draft.calls or draft.refusal:
            _fill(items, draft)
            return
        for item in items:
            if not draft.parts or item.get("type") != "reasoning":
                _item(item, draft)

    def _end(self, response: Mapping[str, Any], draft: ReplyDraft) -> None:
        """Read what a response says of itself."""
        draft.by(response.get("model"))
        if response.get("usage"):
            draft.used(responses_usage(response["usage"]))
        tier = response.get("service_tier")
        draft.tier = tier if isinstance(tier, str) else ""
        status = response.get("status")
        reason = mapping(response.get("incomplete_details")).get("reason")
        draft.finish = str(reason or ("length" if status == "incomplete" else status) or "")
        draft.ended = True


def _fill(items: list[Mapping[str, Any]], draft: ReplyDraft) -> None:
    """Give calls that came without arguments those of the whole response."""
    whole = {item.get("call_id"): item.get("arguments") for item in items}
    for call in draft.calls:
        if call.arguments() in (None, ""):
            call.whole = whole.get(call.id)


def _item(item: Mapping[str, Any], draft: ReplyDraft) -> None:
    """Fold an item of the output; what is neither said, wished nor thought is passed over."""
    kind = item.get("type")
    if kind == "function_call":
        call = draft.call(item.get("call_id"), item.get("name"))
        call.whole = item.get("arguments")
        _keep_id(item, "call", draft)
    elif kind == "message":
        content: object = item.get("content")
        if isinstance(content, str):
            draft.say(content)
        for each in cast("list[object]", content) if isinstance(content, list) else []:
            block = mapping(each)
            if block.get("type") == "refusal":
                draft.refusal.append(str(block.get("refusal") or ""))
            else:
                draft.say(block.get("text"))
        _keep_id(item, "message", draft)
    elif kind == "reasoning":
        draft.thought = True
        if not draft.opened:  # of a stream, it was heard piece by piece
            parts = cast("list[object]", item.get("summary") or [])
            texts = [mapping(part).get("text") for part in parts]
            draft.reason("\n\n".join(text for text in texts if isinstance(text, str)))
        if item.get("encrypted_content"):
            held = {k: v for k, v in item.items() if v is not None and k != "status"}
            draft.part({"on": "item", "item": held})


def _keep_id(item: Mapping[str, Any], on: str, draft: ReplyDraft) -> None:
    """Keep the id of what followed a thought: the vendor wants to see the two together."""
    if item.get("id") and any(part.data["on"] == "item" for part in draft.parts):
        draft.part({"on": on, "id": item["id"]}, on_call=on == "call")


def _placed(event: Mapping[str, Any], draft: ReplyDraft) -> DraftCall | None:
    index = event.get("output_index")
    for call in reversed(draft.calls):
        if index is None or call.index == index:
            return call
    return None


def _input(turns: list[VendorTurn], name: str) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for turn in turns:
        for item in turn.items:
            if item.part is not None:
                _give_back(item.part.data, made)
            elif item.kind == "result" and item.call is not None:
                answers = id_of(item.call.id)
                output = responses_content(name, item) if item.files else item.text
                made.append({"type": "function_call_output", "call_id": answers, "output": output})
            elif item.call is not None:
                made.append(_wish(item.call))
            else:
                role = "assistant" if item.kind == "text" else item.kind
                content = responses_content(name, item) if item.files else item.text
                made.append({"role": role, "content": content})
    _place_ids(made)
    return made


def _wish(call: ToolCall) -> dict[str, Any]:
    return {
        "type": "function_call",
        "call_id": id_of(call.id),
        "name": legal_name(call.name),
        "arguments": json.dumps(arguments_of(call), ensure_ascii=False),
    }


def _give_back(data: Mapping[str, Any], made: list[dict[str, Any]]) -> None:
    """Put back an item as it came, or mark the id of the item beside it."""
    if data.get("on") == "item":
        made.append(dict(mapping(data.get("item"))))
    elif data.get("on") in {"call", "message"}:
        made.append({"type": f"id of {data['on']}", "id": data.get("id")})


def _place_ids(made: list[dict[str, Any]]) -> None:
    """Give kept ids to their items: a call's stands before it, a message's after it."""
    for place, mark in enumerate(made):
        after = made[place + 1] if place + 1 < len(made) else {}
        if mark.get("type") == "id of call" and after.get("type") == "function_call":
            after["id"] = mark["id"]
        elif (
            mark.get("type") == "id of message"
            and place
            and made[place - 1].get("role") == "assistant"
        ):
            before = made[place - 1]
            text: dict[str, Any] = {
                "type": "output_text",
                "text": before["content"],
                "annotations": [],
            }
            before |= {
                "type": "message",
                "id": mark["id"],
                "content": [text],
                "status": "completed",
            }
    made[:] = [item for item in made if not str(item.get("type", "")).startswith("id of ")]


def _tool(name: str, description: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    held = strict(parameters)
    return {
        "type": "function",
        "name": legal_name(name),
        "description": description,
        "parameters": plain(parameters) if held is None else held,
        "strict": held is not None,
    }


def _format(output: OutputSchema) -> dict[str, Any]:
    held = strict(output.schema)
    made: dict[str, Any] = {
        "type": "json_schema",
        "name": legal_name(output.name),
        "schema": plain(output.schema) if held is None else held,
        "strict": held is not None,
    }
    return {**made, "description": output.description} if output.description else made
