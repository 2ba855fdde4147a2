"""Between this package's objects and the protocol's messages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, cast

from batuta.core.budget import Budget, Hold, UnknownPrice
from batuta.core.message import NOTHING, Message, Role, ToolCall, part_from, parts_json
from batuta.core.model import Usage
from batuta.core.model_settings import ModelSettings
from batuta.core.price import Cost, Price
from batuta.core.principal import Principal
from batuta.core.result import json_text
from batuta.core.retry import Retry
from batuta.core.trace import Decider, Event, Kind, Phase, Where
from batuta.errors import BatutaError
from batuta.remote.call import RemoteCall
from batuta.remote.grpc.v1 import batuta_pb2 as pb
from batuta.remote.result import RemoteResult, error_from_json, error_to_json

PROTOCOL = 3
SERVICE: str = pb.DESCRIPTOR.services_by_name["AgentService"].full_name
METHOD = "Execute"
ERROR_KEY = "batuta-error-bin"
"""Trailing metadata in which a refused call's error travels."""
_MOST_DATA = 256 * 1024
_ENCODED = {"state", "now", "unknown_price", "settings"}


class Sent(NamedTuple):
    """What a caller sent, and the bytes that it came as, which its token is for."""

    request: pb.ExecuteRequest
    raw: bytes

    @classmethod
    def read(cls, raw: bytes) -> Sent:
        """Read it."""
        return cls(pb.ExecuteRequest.FromString(raw), raw)


def json_bytes(value: Any) -> bytes:
    """Write free-form data; what is no JSON in it becomes some."""
    return json_text(value, compact=True).encode()


def start_of(call: RemoteCall) -> pb.Start:
    """Write a call, all but its principal, who travels signed.

    Raises:
        TypeError: Something in it is not JSON-able.
        ValueError: A text cannot be encoded.
    """
    question = call.question
    return pb.Start(
        protocol=PROTOCOL,
        **_alike(RemoteCall, pb.Start).written(call),
        message=message_of(call.message),
        limits=pb.Limits(
            **_alike(Budget, pb.Limits).written(call.limits),
            whose=call.whose,
            unknown_price=call.limits.unknown_price,
            assumed_price=price_of(call.limits.assumed_price),
        ),
        state=json_bytes(call.state) if call.state else b"",
        history=[message_of(message) for message in call.history],
        question=None if question is None or question is call.message else message_of(question),
        retry=None if call.retry is None else _retry_of(call.retry),
        now=None if call.now is None else call.now.isoformat(),
        settings=b"" if call.settings is None else json_bytes(call.settings.to_json()),
    )


def call_from(start: pb.Start, principal: Principal) -> RemoteCall:
    """Read a call, for a principal whose signature was checked."""
    message, limits = message_from(start.message), start.limits
    assumed = limits.assumed_price
    return RemoteCall(
        **_alike(RemoteCall, pb.Start).read(start),
        message=message,
        principal=principal,
        limits=Budget(
            **_alike(Budget, pb.Limits).read(limits),
            unknown_price=cast("UnknownPrice", limits.unknown_price),
            assumed_price=price_from(assumed) if limits.HasField("assumed_price") else None,
        ),
        whose=limits.whose,
        state=json.loads(start.state) if start.state else {},
        history=tuple([message_from(each) for each in start.history]),
        question=message_from(start.question) if start.HasField("question") else message,
        retry=_retry_from(start.retry) if start.HasField("retry") else None,
        now=datetime.fromisoformat(start.now) if start.HasField("now") else None,
        settings=ModelSettings.from_json(json.loads(start.settings)) if start.settings else None,
    )


class _Alike(NamedTuple):
    """The fields that one of ours and its protocol's message both have, as plain values.

    Args:
        values: Reads all of them at once.
        optional: Those that may be absent, which is None.
    """

    names: tuple[str, ...]
    values: Callable[[Any], tuple[Any, ...]]
    optional: tuple[str, ...]

    def written(self, made: Any) -> dict[str, Any]:
        """Give them of one of ours."""
        return dict(zip(self.names, self.values(made), strict=True))

    def read(self, sent: Any) -> dict[str, Any]:
        """Give them of a message."""
        given = dict(zip(self.names, self.values(sent), strict=True))
        for name in self.optional:
            if not sent.HasField(name):
                given[name] = None
        return given


@cache
def _alike(made: type[Any], sent: type[Any]) -> _Alike:
    there = {field.name: field for field in sent.DESCRIPTOR.fields if field.message_type is None}
    names = tuple(f.name for f in fields(made) if f.name in there and f.name not in _ENCODED)
    optional = tuple(name for name in names if there[name].has_presence)
    return _Alike(names, attrgetter(*names), optional)


def message_of(message: Message) -> pb.Message:
    """Write a message.

    Raises:
        TypeError: Its data or metadata is not JSON-able.
        ValueError: A text cannot be encoded.
    """
    return pb.Message(
        id=message.id,
        role=message.role,
        text=message.text,
        data=None if message.data is None else json_bytes(message.data),
        metadata=json_bytes(message.metadata) if message.metadata else b"",
        tool_calls=[_tool_call_of(call) for call in message.tool_calls],
        call_id=message.call_id,
        name=message.name,
        parts=json_bytes(parts_json(message.parts, content=True)) if message.parts else b"",
    )


def message_from(sent: pb.Message) -> Message:
    """Read a message."""
    return Message(
        cast("Role", sent.role),
        sent.text,
        json.loads(sent.data) if sent.HasField("data") else None,
        json.loads(sent.metadata) if sent.metadata else NOTHING,
        tuple([_tool_call_from(call) for call in sent.tool_calls]),
        sent.call_id if sent.HasField("call_id") else None,
        sent.name if sent.HasField("name") else None,
        tuple([part_from(part) for part in json.loads(sent.parts)]) if sent.parts else (),
        sent.id,
    )


def _tool_call_of(call: ToolCall) -> pb.ToolCall:
    arguments = json_bytes(call.arguments)
    return pb.ToolCall(
        id=call.id, name=call.name, arguments=arguments, invalid=call.invalid, cut=call.cut
    )


def _tool_call_from(call: pb.ToolCall) -> ToolCall:
    invalid = call.invalid if call.HasField("invalid") else None
    return ToolCall(call.id, call.name, json.loads(call.arguments), invalid, call.cut)


def event_of(event: Event) -> pb.Event:
    """Write an event; data that is not JSON-able is told as text, very long data not at all."""
    return pb.Event(
        kind=event.kind,
        phase=event.phase,
        span=event.span,
        parent=event.parent,
        name=sendable(event.name),
        by=event.by,
        data=None if event.data is None else _event_data(event.data),
        usage=None if event.usage is None else usage_of(event.usage),
        cost=None if event.cost is None else cost_of(event.cost),
        error=None if event.error is None else sendable(event.error),
    )


def _event_data(data: Mapping[str, Any]) -> bytes:
    made = json_bytes(data)
    if len(made) > _MOST_DATA:
        return json_bytes({"left_out": f"{len(made)} bytes, too many to be sent"})
    return made


def event_from(sent: pb.Event) -> Event:
    """Read an event; its place and time are for the trace to say that takes it."""
    where: Where = (sent.span, sent.parent, sent.name, cast("Decider", sent.by))
    return Event(
        -1,
        cast("Kind", sent.kind),
        cast("Phase", sent.phase),
        *where,
        0.0,
        json.loads(sent.data) if sent.HasField("data") else None,
        usage_from(sent.usage) if sent.HasField("usage") else None,
        cost_from(sent.cost) if sent.HasField("cost") else None,
        sent.error if sent.HasField("error") else None,
    )


def error_of(error: BatutaError) -> pb.Error:
    """Write an error."""
    made = error_to_json(error)
    return pb.Error(
        classes=made["classes"],
        message=sendable(made["message"]),
        done=sendable(made["done"]),
        cause=sendable(made["cause"]),
        cause_classes=made["cause_classes"],
        fields=json_bytes(made["fields"]),
    )


def error_from(sent: pb.Error) -> BatutaError:
    """Read an error."""
    fields: Mapping[str, Any] = json.loads(sent.fields) if sent.fields else {}
    return error_from_json(
        {
            "classes": list(sent.classes),
            "message": sent.message,
            "done": sent.done,
            "cause": sent.cause,
            "cause_classes": list(sent.cause_classes),
            "fields": fields,
        }
    )


def sendable(text: str) -> str:
    """Replace what UTF-8 cannot hold, such as half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode()


def done_of(result: RemoteResult) -> pb.Done:
    """Write what an agent brings back at the end: what is not told while it happens.

    Raises:
        TypeError: Something in it is not JSON-able.
        ValueError: A text cannot be encoded.
    """
    return pb.Done(
        reply=None if result.reply is None else message_of(result.reply),
        error=None if result.error is None else error_of(result.error),
        said=[message_of(message) for message in result.said],
        state=json_bytes(result.state) if result.state else b"",
        stand_in=result.stand_in,
    )


def usage_of(usage: Usage) -> pb.Usage:
    """Write tokens."""
    return pb.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=usage.cached_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cache_write_tokens=usage.cache_write_tokens,
    )


def usage_from(sent: pb.Usage) -> Usage:
    """Read tokens."""
    return Usage(
        sent.input_tokens,
        sent.output_tokens,
        sent.cached_tokens,
        sent.reasoning_tokens,
        sent.cache_write_tokens,
    )


def cost_of(cost: Cost) -> pb.Cost:
    """Write money."""
    return pb.Cost(usd=cost.usd, known_usd=cost.known_usd, reason=cost.reason)


def cost_from(sent: pb.Cost) -> Cost:
    """Read money."""
    return Cost(sent.usd if sent.HasField("usd") else None, sent.known_usd, sent.reason)


def price_of(price: Price | None) -> pb.Price | None:
    """Write a price."""
    if price is None:
        return None
    return pb.Price(
        input_usd=price.input_usd,
        output_usd=price.output_usd,
        source=price.source,
        cached_usd=price.cached_usd,
        cache_write_usd=price.cache_write_usd,
        above=[pb.Price.Tier(start=start, price=price_of(tier)) for start, tier in price.above],
    )


def price_from(sent: pb.Price) -> Price:
    """Read a price."""
    return Price(
        sent.input_usd,
        sent.output_usd,
        sent.source,
        sent.cached_usd if sent.HasField("cached_usd") else None,
        sent.cache_write_usd if sent.HasField("cache_write_usd") else None,
        tuple([(tier.start, price_from(tier.price)) for tier in sent.above]),
    )


def hold_of(hold: Hold) -> pb.Hold:
    """Write what was reserved."""
    return pb.Hold(
        tokens=hold.tokens,
        cost_usd=hold.cost_usd,
        max_output_tokens=hold.max_output_tokens,
        price=price_of(hold.price),
        unpriced=hold.unpriced,
    )


def _retry_of(retry: Retry) -> pb.Retry:
    made = pb.Retry(
        attempts=retry.attempts,
        wait_s=retry.wait_s,
        most_s=retry.most_s,
        jitter=retry.jitter,
        on=[each if isinstance(each, str) else each.__name__ for each in retry.on],
    )
    if retry.timeout_s is not None:
        made.timeout_s = retry.timeout_s
    return made


def _retry_from(sent: pb.Retry) -> Retry:
    return Retry(
        sent.attempts,
        sent.wait_s,
        sent.most_s,
        sent.jitter,
        tuple(sent.on),
        sent.timeout_s if sent.HasField("timeout_s") else None,
    )
