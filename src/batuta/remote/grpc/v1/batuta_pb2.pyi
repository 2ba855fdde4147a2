from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import Any as _Any, ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ExecuteRequest(_message.Message):
    __slots__ = ("start", "grant")
    START_FIELD_NUMBER: _ClassVar[int]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    start: Start
    grant: Grant
    def __init__(self, start: _Optional[_Union[Start, _Mapping[str, _Any]]] = ..., grant: _Optional[_Union[Grant, _Mapping[str, _Any]]] = ...) -> None: ...

class ExecuteResponse(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[Item]
    def __init__(self, items: _Optional[_Iterable[_Union[Item, _Mapping[str, _Any]]]] = ...) -> None: ...

class Item(_message.Message):
    __slots__ = ("event", "text", "reserve_model", "reserve_tool", "release", "charge", "done")
    EVENT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    RESERVE_MODEL_FIELD_NUMBER: _ClassVar[int]
    RESERVE_TOOL_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    CHARGE_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    event: Event
    text: Text
    reserve_model: ReserveModel
    reserve_tool: ReserveTool
    release: Release
    charge: Charge
    done: Done
    def __init__(self, event: _Optional[_Union[Event, _Mapping[str, _Any]]] = ..., text: _Optional[_Union[Text, _Mapping[str, _Any]]] = ..., reserve_model: _Optional[_Union[ReserveModel, _Mapping[str, _Any]]] = ..., reserve_tool: _Optional[_Union[ReserveTool, _Mapping[str, _Any]]] = ..., release: _Optional[_Union[Release, _Mapping[str, _Any]]] = ..., charge: _Optional[_Union[Charge, _Mapping[str, _Any]]] = ..., done: _Optional[_Union[Done, _Mapping[str, _Any]]] = ...) -> None: ...

class Start(_message.Message):
    __slots__ = ("protocol", "agent", "message", "run_id", "span", "depth", "shares_history", "traceparent", "seconds_left", "seconds_elapsed", "limits", "session_id", "state", "history", "question", "idempotency_prefix", "time_zone", "history_limit", "retry", "listening", "now", "settings", "noted_steps", "earlier_steps")
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    SPAN_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    SHARES_HISTORY_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    SECONDS_LEFT_FIELD_NUMBER: _ClassVar[int]
    SECONDS_ELAPSED_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_PREFIX_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    HISTORY_LIMIT_FIELD_NUMBER: _ClassVar[int]
    RETRY_FIELD_NUMBER: _ClassVar[int]
    LISTENING_FIELD_NUMBER: _ClassVar[int]
    NOW_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    NOTED_STEPS_FIELD_NUMBER: _ClassVar[int]
    EARLIER_STEPS_FIELD_NUMBER: _ClassVar[int]
    protocol: int
    agent: str
    message: Message
    run_id: str
    span: str
    depth: int
    shares_history: bool
    traceparent: str
    seconds_left: float
    seconds_elapsed: float
    limits: Limits
    session_id: str
    state: bytes
    history: _containers.RepeatedCompositeFieldContainer[Message]
    question: Message
    idempotency_prefix: str
    time_zone: str
    history_limit: int
    retry: Retry
    listening: bool
    now: str
    settings: bytes
    noted_steps: str
    earlier_steps: str
    def __init__(self, protocol: _Optional[int] = ..., agent: _Optional[str] = ..., message: _Optional[_Union[Message, _Mapping[str, _Any]]] = ..., run_id: _Optional[str] = ..., span: _Optional[str] = ..., depth: _Optional[int] = ..., shares_history: _Optional[bool] = ..., traceparent: _Optional[str] = ..., seconds_left: _Optional[float] = ..., seconds_elapsed: _Optional[float] = ..., limits: _Optional[_Union[Limits, _Mapping[str, _Any]]] = ..., session_id: _Optional[str] = ..., state: _Optional[bytes] = ..., history: _Optional[_Iterable[_Union[Message, _Mapping[str, _Any]]]] = ..., question: _Optional[_Union[Message, _Mapping[str, _Any]]] = ..., idempotency_prefix: _Optional[str] = ..., time_zone: _Optional[str] = ..., history_limit: _Optional[int] = ..., retry: _Optional[_Union[Retry, _Mapping[str, _Any]]] = ..., listening: _Optional[bool] = ..., now: _Optional[str] = ..., settings: _Optional[bytes] = ..., noted_steps: _Optional[str] = ..., earlier_steps: _Optional[str] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("whose", "cost_usd", "tokens", "model_calls", "tool_calls", "depth", "seconds", "unknown_price", "assumed_price", "max_output_tokens", "continuations")
    WHOSE_FIELD_NUMBER: _ClassVar[int]
    COST_USD_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    MODEL_CALLS_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALLS_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_PRICE_FIELD_NUMBER: _ClassVar[int]
    ASSUMED_PRICE_FIELD_NUMBER: _ClassVar[int]
    MAX_OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    CONTINUATIONS_FIELD_NUMBER: _ClassVar[int]
    whose: str
    cost_usd: float
    tokens: int
    model_calls: int
    tool_calls: int
    depth: int
    seconds: float
    unknown_price: str
    assumed_price: Price
    max_output_tokens: int
    continuations: int
    def __init__(self, whose: _Optional[str] = ..., cost_usd: _Optional[float] = ..., tokens: _Optional[int] = ..., model_calls: _Optional[int] = ..., tool_calls: _Optional[int] = ..., depth: _Optional[int] = ..., seconds: _Optional[float] = ..., unknown_price: _Optional[str] = ..., assumed_price: _Optional[_Union[Price, _Mapping[str, _Any]]] = ..., max_output_tokens: _Optional[int] = ..., continuations: _Optional[int] = ...) -> None: ...

class Retry(_message.Message):
    __slots__ = ("attempts", "wait_s", "most_s", "jitter", "on", "timeout_s")
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    MOST_S_FIELD_NUMBER: _ClassVar[int]
    JITTER_FIELD_NUMBER: _ClassVar[int]
    ON_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_S_FIELD_NUMBER: _ClassVar[int]
    attempts: int
    wait_s: float
    most_s: float
    jitter: float
    on: _containers.RepeatedScalarFieldContainer[str]
    timeout_s: float
    def __init__(self, attempts: _Optional[int] = ..., wait_s: _Optional[float] = ..., most_s: _Optional[float] = ..., jitter: _Optional[float] = ..., on: _Optional[_Iterable[str]] = ..., timeout_s: _Optional[float] = ...) -> None: ...

class Grant(_message.Message):
    __slots__ = ("id", "hold", "tool", "refused")
    class Tool(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    HOLD_FIELD_NUMBER: _ClassVar[int]
    TOOL_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    id: int
    hold: Hold
    tool: Grant.Tool
    refused: Error
    def __init__(self, id: _Optional[int] = ..., hold: _Optional[_Union[Hold, _Mapping[str, _Any]]] = ..., tool: _Optional[_Union[Grant.Tool, _Mapping[str, _Any]]] = ..., refused: _Optional[_Union[Error, _Mapping[str, _Any]]] = ...) -> None: ...

class Hold(_message.Message):
    __slots__ = ("tokens", "cost_usd", "max_output_tokens", "price", "unpriced")
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    COST_USD_FIELD_NUMBER: _ClassVar[int]
    MAX_OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    UNPRICED_FIELD_NUMBER: _ClassVar[int]
    tokens: int
    cost_usd: float
    max_output_tokens: int
    price: Price
    unpriced: str
    def __init__(self, tokens: _Optional[int] = ..., cost_usd: _Optional[float] = ..., max_output_tokens: _Optional[int] = ..., price: _Optional[_Union[Price, _Mapping[str, _Any]]] = ..., unpriced: _Optional[str] = ...) -> None: ...

class Price(_message.Message):
    __slots__ = ("input_usd", "output_usd", "source", "cached_usd", "cache_write_usd", "above")
    class Tier(_message.Message):
        __slots__ = ("start", "price")
        START_FIELD_NUMBER: _ClassVar[int]
        PRICE_FIELD_NUMBER: _ClassVar[int]
        start: int
        price: Price
        def __init__(self, start: _Optional[int] = ..., price: _Optional[_Union[Price, _Mapping[str, _Any]]] = ...) -> None: ...
    INPUT_USD_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_USD_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CACHED_USD_FIELD_NUMBER: _ClassVar[int]
    CACHE_WRITE_USD_FIELD_NUMBER: _ClassVar[int]
    ABOVE_FIELD_NUMBER: _ClassVar[int]
    input_usd: float
    output_usd: float
    source: str
    cached_usd: float
    cache_write_usd: float
    above: _containers.RepeatedCompositeFieldContainer[Price.Tier]
    def __init__(self, input_usd: _Optional[float] = ..., output_usd: _Optional[float] = ..., source: _Optional[str] = ..., cached_usd: _Optional[float] = ..., cache_write_usd: _Optional[float] = ..., above: _Optional[_Iterable[_Union[Price.Tier, _Mapping[str, _Any]]]] = ...) -> None: ...

class ReserveModel(_message.Message):
    __slots__ = ("id", "model", "input_tokens", "output_tokens", "price")
    ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    INPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    id: int
    model: str
    input_tokens: int
    output_tokens: int
    price: Price
    def __init__(self, id: _Optional[int] = ..., model: _Optional[str] = ..., input_tokens: _Optional[int] = ..., output_tokens: _Optional[int] = ..., price: _Optional[_Union[Price, _Mapping[str, _Any]]] = ...) -> None: ...

class ReserveTool(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class Release(_message.Message):
    __slots__ = ("id", "unused")
    ID_FIELD_NUMBER: _ClassVar[int]
    UNUSED_FIELD_NUMBER: _ClassVar[int]
    id: int
    unused: bool
    def __init__(self, id: _Optional[int] = ..., unused: _Optional[bool] = ...) -> None: ...

class Charge(_message.Message):
    __slots__ = ("usage", "cost", "model_calls", "tool_calls", "withheld_tokens", "withheld_usd")
    USAGE_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    MODEL_CALLS_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALLS_FIELD_NUMBER: _ClassVar[int]
    WITHHELD_TOKENS_FIELD_NUMBER: _ClassVar[int]
    WITHHELD_USD_FIELD_NUMBER: _ClassVar[int]
    usage: Usage
    cost: Cost
    model_calls: int
    tool_calls: int
    withheld_tokens: int
    withheld_usd: float
    def __init__(self, usage: _Optional[_Union[Usage, _Mapping[str, _Any]]] = ..., cost: _Optional[_Union[Cost, _Mapping[str, _Any]]] = ..., model_calls: _Optional[int] = ..., tool_calls: _Optional[int] = ..., withheld_tokens: _Optional[int] = ..., withheld_usd: _Optional[float] = ...) -> None: ...

class Usage(_message.Message):
    __slots__ = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "cache_write_tokens")
    INPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    CACHED_TOKENS_FIELD_NUMBER: _ClassVar[int]
    REASONING_TOKENS_FIELD_NUMBER: _ClassVar[int]
    CACHE_WRITE_TOKENS_FIELD_NUMBER: _ClassVar[int]
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    cache_write_tokens: int
    def __init__(self, input_tokens: _Optional[int] = ..., output_tokens: _Optional[int] = ..., cached_tokens: _Optional[int] = ..., reasoning_tokens: _Optional[int] = ..., cache_write_tokens: _Optional[int] = ...) -> None: ...

class Cost(_message.Message):
    __slots__ = ("usd", "known_usd", "reason")
    USD_FIELD_NUMBER: _ClassVar[int]
    KNOWN_USD_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    usd: float
    known_usd: float
    reason: str
    def __init__(self, usd: _Optional[float] = ..., known_usd: _Optional[float] = ..., reason: _Optional[str] = ...) -> None: ...

class Message(_message.Message):
    __slots__ = ("id", "role", "text", "data", "metadata", "tool_calls", "call_id", "name", "parts")
    ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALLS_FIELD_NUMBER: _ClassVar[int]
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    id: str
    role: str
    text: str
    data: bytes
    metadata: bytes
    tool_calls: _containers.RepeatedCompositeFieldContainer[ToolCall]
    call_id: str
    name: str
    parts: bytes
    def __init__(self, id: _Optional[str] = ..., role: _Optional[str] = ..., text: _Optional[str] = ..., data: _Optional[bytes] = ..., metadata: _Optional[bytes] = ..., tool_calls: _Optional[_Iterable[_Union[ToolCall, _Mapping[str, _Any]]]] = ..., call_id: _Optional[str] = ..., name: _Optional[str] = ..., parts: _Optional[bytes] = ...) -> None: ...

class ToolCall(_message.Message):
    __slots__ = ("id", "name", "arguments", "invalid", "cut")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    INVALID_FIELD_NUMBER: _ClassVar[int]
    CUT_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    arguments: bytes
    invalid: str
    cut: bool
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., arguments: _Optional[bytes] = ..., invalid: _Optional[str] = ..., cut: _Optional[bool] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("kind", "phase", "span", "parent", "name", "by", "data", "usage", "cost", "error")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    SPAN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    kind: str
    phase: str
    span: str
    parent: str
    name: str
    by: str
    data: bytes
    usage: Usage
    cost: Cost
    error: str
    def __init__(self, kind: _Optional[str] = ..., phase: _Optional[str] = ..., span: _Optional[str] = ..., parent: _Optional[str] = ..., name: _Optional[str] = ..., by: _Optional[str] = ..., data: _Optional[bytes] = ..., usage: _Optional[_Union[Usage, _Mapping[str, _Any]]] = ..., cost: _Optional[_Union[Cost, _Mapping[str, _Any]]] = ..., error: _Optional[str] = ...) -> None: ...

class Text(_message.Message):
    __slots__ = ("span", "parent", "piece", "reasoning")
    SPAN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PIECE_FIELD_NUMBER: _ClassVar[int]
    REASONING_FIELD_NUMBER: _ClassVar[int]
    span: str
    parent: str
    piece: str
    reasoning: bool
    def __init__(self, span: _Optional[str] = ..., parent: _Optional[str] = ..., piece: _Optional[str] = ..., reasoning: _Optional[bool] = ...) -> None: ...

class Error(_message.Message):
    __slots__ = ("classes", "message", "done", "cause", "fields", "cause_classes")
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    CAUSE_CLASSES_FIELD_NUMBER: _ClassVar[int]
    classes: _containers.RepeatedScalarFieldContainer[str]
    message: str
    done: str
    cause: str
    fields: bytes
    cause_classes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, classes: _Optional[_Iterable[str]] = ..., message: _Optional[str] = ..., done: _Optional[str] = ..., cause: _Optional[str] = ..., fields: _Optional[bytes] = ..., cause_classes: _Optional[_Iterable[str]] = ...) -> None: ...

class Done(_message.Message):
    __slots__ = ("reply", "error", "said", "state", "stand_in")
    REPLY_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    SAID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STAND_IN_FIELD_NUMBER: _ClassVar[int]
    reply: Message
    error: Error
    said: _containers.RepeatedCompositeFieldContainer[Message]
    state: bytes
    stand_in: bool
    def __init__(self, reply: _Optional[_Union[Message, _Mapping[str, _Any]]] = ..., error: _Optional[_Union[Error, _Mapping[str, _Any]]] = ..., said: _Optional[_Iterable[_Union[Message, _Mapping[str, _Any]]]] = ..., state: _Optional[bytes] = ..., stand_in: _Optional[bool] = ...) -> None: ...
