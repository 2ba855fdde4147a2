"""What a client asked for, the same for every vendor, and what the model said to it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, Protocol

from batuta.core.ids import new_id
from batuta.core.message import Message, ToolCall
from batuta.core.model import (
    STAND_IN_SUFFIX,
    ModelReply,
    ModelRequest,
    OutputSchema,
    ToolSchema,
)
from batuta.standin.failures import WireFailure, invalid
from batuta.standin.json_node import JsonNode, object_in

Json = Mapping[str, Any]
Offer = tuple[tuple[ToolSchema, ...], OutputSchema | None, str | None]
"""The tools that a model may call, the form to fill, and the tool that this one stands for."""
Speech = AsyncGenerator[str | ModelReply]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolChoice:
    """Which tools the model may call.

    Args:
        must: It has to call one.
        names: Those it may choose from; None for all.
    """

    must: bool = False
    names: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRequest:
    """A request in our words and what of it only the wire needs.

    Args:
        model: The name that the client asked for.
        raw: The request's JSON.
        streamed: Whether the reply goes out piece by piece.
        form: Name of the one tool that has to be called: its arguments are asked of the model
            as structured output, and go out as a call.
        several: Whether one reply may hold several calls.
    """

    model: str
    request: ModelRequest
    raw: Json
    streamed: bool = False
    form: str | None = None
    several: bool = True


class WireEvent(NamedTuple):
    """One event of a stream, before it is framed."""

    name: str
    payload: Json


class Stamp(NamedTuple):
    """What identifies one reply.

    Args:
        created: Unix seconds.
        served: Name of the model behind the stand-in.
        elapsed_ms: Tells how long the reply has taken so far.
        thoughts: What comes before the reply; empty where nothing was thought.
        tier: At which it is served; empty as asked for.
    """

    id: str
    created: int
    served: str
    elapsed_ms: Callable[[], int]
    thoughts: str = ""
    tier: str = ""

    def model_of(self, asked: ClientRequest) -> str:
        """Give the model's name as replies show it: what was asked for, marked as a stand-in."""
        name = asked.model
        return name if name.endswith(STAND_IN_SUFFIX) else name + STAND_IN_SUFFIX


class EventWriter(Protocol):
    """Turns what a model says into a vendor's events; one for each stream."""

    def begin(self) -> list[WireEvent]:
        """Open the stream."""
        ...

    def text(self, piece: str) -> list[WireEvent]:
        """Go on with text."""
        ...

    def end(self, reply: ModelReply) -> list[WireEvent]:
        """Say what the text did not, and close.

        A refusal whose text was not told yet is told here, in the vendor's shape of a refusal.
        """
        ...

    def failed(self, failure: WireFailure) -> list[WireEvent]:
        """Break off."""
        ...


class WireReply(NamedTuple):
    """A response that is no stream."""

    status: int
    headers: Mapping[str, str]
    body: Json


def _unchecked(_: Json) -> None:
    """Look for nothing: this vendor wants nothing back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFormat:
    """One vendor's wire format: pure functions to and from our own words.

    Args:
        read: Turns JSON and the path's parameters into what was asked.
        whole: Makes a plain reply.
        telling: Opens a streamed one.
        framed: Puts an event into bytes; ``None`` closes the stream.
        stream_type: Content type of a stream.
        headers: What stands on every response, made anew for each.
        fail: Puts a failure into the vendor's shape.
        id_prefix: Begins a reply's id.
        given_back: Looks in a request for the thoughts that came with its calls.
    """

    read: Callable[[JsonNode, Mapping[str, str]], ClientRequest]
    whole: Callable[[ClientRequest, Stamp, ModelReply], Json]
    telling: Callable[[ClientRequest, Stamp], EventWriter]
    framed: Callable[[WireEvent | None], bytes]
    stream_type: str
    headers: Callable[[], dict[str, str]]
    fail: Callable[[WireFailure], WireReply]
    id_prefix: str
    given_back: Callable[[Json], None] = _unchecked


_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def tool(name: JsonNode, description: JsonNode, parameters: JsonNode) -> ToolSchema:
    """Make a tool of its three fields.

    Raises:
        Rejected: A vendor would not take it.
    """
    if not _TOOL_NAME.fullmatch(name.text()):
        raise invalid(
            f"Invalid '{name.where}': it does not match '^[a-zA-Z0-9_-]{{1,64}}$'.", name.where
        )
    empty: Json = {"type": "object", "properties": {}}
    schema = parameters.fields() if parameters.there else empty
    if schema.get("type") != "object":
        raise invalid(f"Invalid schema in '{parameters.where}': its type must be 'object'.")
    return ToolSchema(name.text(), description.text(""), schema)


def offered(tools: Sequence[ToolSchema], choice: ToolChoice, output: OutputSchema | None) -> Offer:
    """Apply the choice of tools: the tools left, the form to fill, the tool that it stands for.

    Raises:
        Rejected: A tool that is not there must be called, or two have one name.
    """
    if len({t.name for t in tools}) < len(tools):
        raise invalid("Tool names must be unique.", "tools")
    left = tuple(t for t in tools if choice.names is None or t.name in choice.names)
    if choice.must and not left:
        raise invalid("Tool choice 'required' or a named tool needs that tool in 'tools'.")
    if choice.must and len(left) == 1 and output is None:
        (only,) = left
        return (), OutputSchema(only.name, only.parameters, only.description), only.name
    return left, output, None


def checked(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Name the tool of each result, and see that results follow the calls that they answer.

    Raises:
        Rejected: A call without its result, or a result without its call.
    """
    open_calls: dict[str, str] = {}
    made: list[Message] = []
    for message in messages:
        if message.role == "tool":
            name = open_calls.pop(message.call_id or "", None)
            if name is None:
                raise invalid(
                    f"The tool result for '{message.call_id}' answers no tool call of the message "
                    "right before it."
                )
            made.append(replace(message, name=name))
            continue
        _all_answered(open_calls)
        open_calls = {call.id: call.name for call in message.tool_calls}
        made.append(message)
    _all_answered(open_calls)
    return tuple(made)


def _all_answered(open_calls: Mapping[str, str]) -> None:
    if open_calls:
        missing = ", ".join(open_calls)
        raise invalid(f"No tool result was found right after the tool calls: {missing}.")


def said_by(asked: ClientRequest, reply: ModelReply) -> ModelReply:
    """Give the reply as the wire carries it: a form as its call, an output as its text."""
    calls = reply.tool_calls
    text = reply.text
    if asked.form is not None and not calls:
        filled = reply.output if reply.output is not None else _object_in(text)
        if filled is not None:
            calls, text = (ToolCall(new_id("call"), asked.form, filled),), ""
    if not text and not calls and reply.output is not None:
        text = json.dumps(dict(reply.output), ensure_ascii=False)
    if not asked.several:
        calls = calls[:1]
    stop: Literal["end", "tool_calls", "length", "refused"] = reply.stop_reason
    if stop in ("end", "tool_calls"):
        stop = "tool_calls" if calls else "end"
    return replace(reply, text=text, tool_calls=calls, stop_reason=stop)


def _object_in(text: str) -> Json | None:
    try:
        made = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return object_in(made)


def arguments_of(call: ToolCall) -> str:
    """Write a call's arguments as the vendors send them: JSON as text."""
    if call.invalid is not None:
        return call.invalid
    return json.dumps(dict(call.arguments), ensure_ascii=False)


def pieces_of(text: str, size: int = 20) -> list[str]:
    """Cut arguments into the pieces in which a stream carries them."""
    return [text[at : at + size] for at in range(0, len(text), size)]


_CHARS_PER_TOKEN = 4


def with_thoughts(reply: ModelReply, thoughts: str) -> ModelReply:
    """Count what was thought as reasoning, and as part of the output."""
    if not thoughts:
        return reply
    tokens = -(-len(thoughts) // _CHARS_PER_TOKEN)
    used = reply.usage
    usage = replace(
        used,
        output_tokens=used.output_tokens + tokens,
        reasoning_tokens=used.reasoning_tokens + tokens,
    )
    return replace(reply, usage=usage)


_STRANGE = re.compile(r"[^a-zA-Z0-9_-]")


def call_id(call: ToolCall, prefix: str) -> str:
    """Give the call's id in the vendor's manner, always the same for the same call."""
    if call.id.startswith(prefix):
        return _STRANGE.sub("_", call.id)[:64]
    _, _, rest = call.id.partition("_")
    return (prefix + _STRANGE.sub("_", rest or call.id))[:64]


def fresh_id(prefix: str) -> str:
    """Make an id in a vendor's manner, such as ``chatcmpl-`` or ``msg_``."""
    return prefix + new_id("").lstrip("_")
