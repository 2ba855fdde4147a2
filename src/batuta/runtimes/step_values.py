"""What models and tools gave, as JSON, so that a later attempt has what the first one had."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from batuta.core.message import Message, ToolCall, VendorPart
from batuta.core.model import Inner, ModelReply, ModelRequest, Spent, Usage
from batuta.core.result import result_data
from batuta.core.tool import Tool
from batuta.runtimes.exact import without_bytes

_NOT_ASKED = {"id", "metadata"}


def digest(data: Any) -> str:
    """Give a short digest of JSON-able data."""
    return hashlib.sha256(
        json.dumps(data, sort_keys=True, default=result_data).encode()
    ).hexdigest()[:16]


def asked_digest(request: ModelRequest) -> str:
    """Digest what a model is asked: neither ids, nor what the budget leaves it to write."""
    output = None if request.output is None else request.output.name
    tools = [tool.name for tool in request.tools]
    return digest([[message_json(m) for m in request.messages], tools, output])


def message_json(message: Message) -> dict[str, Any]:
    """Turn into JSON-able data what others are told of a message."""
    return {k: v for k, v in message.to_json().items() if k not in _NOT_ASKED}


def reply_json(reply: ModelReply) -> dict[str, Any]:
    """Turn a reply into JSON-able data; ``read_reply`` reverses it."""
    return {
        "text": reply.text,
        "tool_calls": [call.to_json() for call in reply.tool_calls],
        "output": None if reply.output is None else dict(reply.output),
        "usage": reply.usage.to_json(),
        "stop_reason": reply.stop_reason,
        "model": reply.model,
        "stand_in": reply.stand_in,
        "usage_told": reply.usage_told,
        "earlier": [[s.model, s.usage.to_json(), s.told, s.tier] for s in reply.earlier],
        "parts": [part.to_json() for part in reply.parts],
        "service_tier": reply.service_tier,
        **({"reasoning": reply.reasoning} if reply.reasoning else {}),
        "inner": [[one.kind, one.name, dict(one.data)] for one in reply.inner],
    }


def read_reply(raw: Mapping[str, Any]) -> ModelReply:
    """Read what ``reply_json`` wrote."""
    return ModelReply(
        text=raw["text"],
        tool_calls=tuple(ToolCall(**call) for call in raw["tool_calls"]),
        output=raw["output"],
        usage=Usage(**raw["usage"]),
        stop_reason=raw["stop_reason"],
        model=raw["model"],
        stand_in=raw["stand_in"],
        usage_told=raw["usage_told"],
        earlier=tuple(Spent(m, Usage(**u), *more) for m, u, *more in raw["earlier"]),
        parts=tuple(VendorPart(**part) for part in raw.get("parts", ())),
        service_tier=raw.get("service_tier", ""),
        reasoning=raw.get("reasoning", ""),
        inner=tuple(Inner(*one) for one in raw.get("inner", ())),
    )


def typed_result(tool: Tool, data: Any) -> Any:
    """Give a recorded result the type that the tool's function is declared to return."""
    exact, data = without_bytes(data)
    reader = None if exact else _reader(tool)
    if reader is None:
        return data
    try:
        return reader(data)
    except ValueError:  # it returns something else than it declares
        return data


@lru_cache(maxsize=256)
def _reader(tool: Tool) -> Callable[[Any], Any] | None:
    """Make what turns JSON-able data into a tool's declared result; None where it needs nothing."""
    from typing import get_type_hints

    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    try:
        declared = get_type_hints(tool.function).get("return", Any)
        return None if declared in _PLAIN else TypeAdapter(declared).validate_python
    except (NameError, TypeError, PydanticUserError):
        return None


_PLAIN = (Any, None, type(None), str, bool, int, float, dict, list)
