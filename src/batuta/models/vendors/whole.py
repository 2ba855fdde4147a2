"""A request without half characters, which no vendor's JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from batuta.core.attachment import Attachment
from batuta.core.message import VendorPart
from batuta.core.result import whole

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.model import ModelRequest


def whole_request(request: ModelRequest) -> ModelRequest:
    """Put U+FFFD for half characters in all that is said, and in what tools are told to be."""
    tools = tuple(
        replace(
            tool,
            description=whole(tool.description),
            parameters=_whole(tool.parameters),
        )
        for tool in request.tools
    )
    return replace(request, messages=[_message(m) for m in request.messages], tools=tools)


def _message(message: Message) -> Message:
    return replace(
        message,
        text=whole(message.text),
        tool_calls=tuple(
            replace(call, arguments=_whole(call.arguments), invalid=_whole(call.invalid))
            for call in message.tool_calls
        ),
        name=_whole(message.name),
        parts=tuple([_part(part) for part in message.parts]),
    )


def _part(part: VendorPart | Attachment) -> VendorPart | Attachment:
    if isinstance(part, VendorPart):
        return replace(part, data=_whole(part.data))
    return replace(part, name=whole(part.name))


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, Mapping):
        pairs = cast("Mapping[Any, Any]", value).items()
        return {_whole(name): _whole(each) for name, each in pairs}
    if isinstance(value, list | tuple):
        return [_whole(each) for each in cast("Sequence[Any]", value)]
    return value
