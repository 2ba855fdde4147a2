"""What OpenAI's two formats share: errors, headers, choices of tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batuta.core.attachment import Attachment
from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelRequest, OutputSchema
from batuta.standin.asked_settings import asked_settings
from batuta.standin.attachments import OPENAI
from batuta.standin.failures import FailureKind, WireFailure, invalid
from batuta.standin.formats import (
    ClientRequest,
    Offer,
    Stamp,
    ToolChoice,
    WireReply,
    checked,
    fresh_id,
)
from batuta.standin.json_node import JsonNode, array_in, object_in, text_only

_SHAPES: dict[FailureKind, tuple[int, str, str | None]] = {
    "invalid": (400, "invalid_request_error", None),
    "refused": (400, "invalid_request_error", "content_filter"),
    "auth": (401, "invalid_request_error", "invalid_api_key"),
    "permission": (403, "invalid_request_error", "model_not_allowed"),
    "not_found": (404, "invalid_request_error", "model_not_found"),
    "method": (405, "invalid_request_error", "method_not_supported"),
    "too_large": (413, "invalid_request_error", "request_too_large"),
    "too_long": (400, "invalid_request_error", "context_length_exceeded"),
    "rate_limited": (429, "requests", "rate_limit_exceeded"),
    "quota": (429, "insufficient_quota", "insufficient_quota"),
    "timeout": (408, "server_error", "request_timeout"),
    "overloaded": (503, "server_error", "service_unavailable"),
    "bad_reply": (500, "server_error", None),
    "internal": (500, "server_error", None),
}


def error_body(failure: WireFailure) -> dict[str, Any]:
    """Make what stands under ``error``."""
    _, kind, code = _SHAPES[failure.kind]
    return {"message": failure.message, "type": kind, "param": failure.where, "code": code}


def fail(failure: WireFailure) -> WireReply:
    """Put a failure into OpenAI's shape.

    Source: https://platform.openai.com/docs/guides/error-codes, read 2025-11.
    """
    headers = failure.headers()
    if failure.retry_after_s is not None:
        headers["retry-after-ms"] = f"{failure.retry_after_s * 1000:.0f}"
    return WireReply(_SHAPES[failure.kind][0], headers, {"error": error_body(failure)})


def headers() -> dict[str, str]:
    """Give what stands on every response of OpenAI's."""
    return {
        "x-request-id": fresh_id("req_"),
        "openai-version": "2020-10-01",
        "openai-organization": "batuta-stand-in",
    }


def request_of(
    body: JsonNode, messages: Sequence[Message], offer: Offer, *, model: str, most_tokens: int
) -> ClientRequest:
    """Put together what was asked for, of what both formats say in the same words.

    Args:
        offer: As ``offered`` gives it: tools, output and form.

    Raises:
        Rejected: The messages are in no order that makes sense, or a field is of another type.
    """
    tools, output, form = offer
    request = ModelRequest(
        checked(messages),
        tools,
        output,
        most_tokens,
        asked_settings(body),
    )
    return ClientRequest(
        model=model,
        request=request,
        raw=body.fields(),
        streamed=body["stream"].flag(),
        form=form,
        several=body["parallel_tool_calls"].flag(default=True),
    )


def tier_of(raw: Mapping[str, Any], stamp: Stamp) -> str:
    """Give the service tier: as asked for, where nothing else is set."""
    wanted = raw.get("service_tier")
    return stamp.tier or ("default" if wanted in (None, "auto") else str(wanted))


def choice_of(node: JsonNode, name_under: str | None) -> ToolChoice:
    """Read ``tool_choice``.

    Args:
        name_under: Where a named tool's name stands; None for right there.

    Raises:
        Rejected: It is no choice that the stand-in knows.
    """
    if not node.there:
        return ToolChoice()
    if node.is_text:
        said = node.text()
        if said not in ("auto", "none", "required"):
            raise node.wrong("'auto', 'none' or 'required'")
        return ToolChoice(must=said == "required", names=() if said == "none" else None)
    kind = node["type"].text()
    if kind == "function":
        return ToolChoice(must=True, names=(_named(node, name_under),))
    if kind == "allowed_tools":
        allowed = node[kind] if name_under else node
        names = tuple(_named(each, name_under) for each in allowed["tools"].each())
        return ToolChoice(must=allowed["mode"].text("auto") == "required", names=names)
    raise invalid(f"Invalid value for '{node.where}.type': '{kind}' is unknown to the stand-in.")


def _named(node: JsonNode, name_under: str | None) -> str:
    return (node[name_under] if name_under else node)["name"].text()


def json_format(node: JsonNode, schema_under: str | None) -> OutputSchema | None:
    """Read the format of the reply; None is plain text.

    Args:
        schema_under: Where name and schema stand; None for right there.

    Raises:
        Rejected: It is no format that the stand-in knows.
    """
    kind = node["type"].text("text") if node.there else "text"
    if kind == "text":
        return None
    if kind == "json_object":
        return OutputSchema("json_object", {"type": "object", "properties": {}})
    if kind != "json_schema":
        raise node["type"].wrong("'text', 'json_object' or 'json_schema'")
    held = node[schema_under] if schema_under else node
    schema = held["schema"]
    if held["strict"].flag():
        check_strict(schema.fields(), schema.where)
    return OutputSchema(held["name"].text(), schema.fields(), held["description"].text(""))


def check_strict(schema: Any, where: str) -> None:
    """See that a strict schema closes its objects and requires all their fields.

    Source: https://platform.openai.com/docs/guides/structured-outputs, read 2025-11.

    Raises:
        Rejected: It does not.
    """
    for part in _schemas_in(schema):
        names = object_in(part.get("properties")) or {}
        if part.get("type") != "object" and not names:
            continue
        if part.get("additionalProperties") is not False:
            said = "'additionalProperties' is required to be supplied and to be false."
            raise invalid(f"Invalid schema in '{where}': {said}", where)
        required = array_in(part.get("required")) or []
        missing = [name for name in names if name not in required]
        if missing:
            said = "'required' must name every key in properties; missing"
            raise invalid(f"Invalid schema in '{where}': {said} '{missing[0]}'.", where)


def _schemas_in(schema: Any) -> list[Mapping[str, Any]]:
    part = object_in(schema)
    if part is None:
        return []
    inner: list[Any] = [part.get("items")]
    for key in ("properties", "$defs", "definitions"):
        inner += (object_in(part.get(key)) or {}).values()
    for key in ("anyOf", "oneOf", "allOf"):
        inner += array_in(part.get(key)) or []
    return [part, *(found for each in inner for found in _schemas_in(each))]


def shown_in(node: JsonNode) -> tuple[Attachment, ...]:
    """Read the images and files in content.

    Raises:
        Rejected: One of them is none.
    """
    if not node.there or node.is_text:
        return ()
    parts = [(OPENAI.get(part["type"].text()), part) for part in node.each()]
    return tuple([read(part) for read, part in parts if read is not None])


def content_of(node: JsonNode, taken: Mapping[str, str], *, shown: bool = False) -> str:
    """Read content that is a string or a list of typed parts.

    Args:
        taken: Types of parts that are text, and the field that holds it.
        shown: Whether images and files may stand beside it, which are passed over.

    Raises:
        Rejected: A part is no text.
    """
    if not node.there or node.is_text:
        return node.text("")
    said: list[str] = []
    for part in node.each():
        kind = part["type"].text()
        if shown and kind in OPENAI:
            continue
        if kind not in taken:
            raise text_only(part["type"], kind)
        said.append(part[taken[kind]].text())
    return "\n".join(said)


def with_call(messages: list[Message], call: ToolCall) -> None:
    """Add a call to the assistant's last message, or begin one."""
    last = messages[-1] if messages else None
    if last is not None and last.role == "assistant":
        calls = (*last.tool_calls, call)
        messages[-1] = Message("assistant", last.text, tool_calls=calls)
    else:
        messages.append(Message("assistant", tool_calls=(call,)))
