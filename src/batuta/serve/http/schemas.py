"""What goes in and comes out, for checking requests and for the API's own description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from batuta.core.ask import VISIBLE


class AttachmentIn(BaseModel):
    """An image or a file beside a message: its bytes, or where they are fetched from."""

    model_config = ConfigDict(extra="forbid", strict=True)

    data: str | None = Field(default=None, description="Its bytes as base64.")
    url: str | None = Field(
        default=None,
        max_length=4_000,
        description="Where it is fetched from, of the hosts that the server allows.",
    )
    media_type: str | None = Field(
        default=None, max_length=100, description="What it is; leave out to go by its bytes."
    )
    name: str | None = Field(default=None, max_length=200, description="The file's name.")


class ChatRequest(BaseModel):
    """One message."""

    model_config = ConfigDict(extra="forbid", strict=True)

    message: str = Field(
        description="What you want, in plain words.",
        json_schema_extra={"minLength": 1, "pattern": VISIBLE},
    )
    session_id: str | None = Field(
        default=None,
        max_length=200,
        description="The conversation to go on with; leave out to start one.",
    )
    style: str | None = Field(
        default=None, max_length=40, description="Key of a control style; see GET /styles."
    )
    stream: bool | None = Field(
        default=None, description="Answer with server-sent events, as Accept: text/event-stream."
    )
    settings: Mapping[str, Any] | None = Field(
        default=None,
        description="How models are asked, such as reasoning_effort; those that the server allows.",
    )
    reasoning: bool = Field(
        default=False, description="Show summaries of models' thoughts, where there are any."
    )
    attachments: Sequence[AttachmentIn] = Field(
        default=(), max_length=100, description="Images and files beside the message."
    )


class UsageOut(BaseModel):
    """What a run used, over all its models and agents."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    model_calls: int
    tool_calls: int


class CostOut(BaseModel):
    """What a run cost."""

    usd: float | None = Field(description="US dollars; null where any part is unknown.")
    known_usd: float = Field(description="The part that is known, at least.")
    reason: str = Field(description="Why usd is null, or where the price is from.")


class EffectOut(BaseModel):
    """What a run did to the world, from its record and not from the model's words."""

    tool: str
    status: Literal["done", "unknown"] = Field(
        description="unknown: begun, and nobody knows how it ended."
    )
    text: str = Field(description="In words, such as: booked Court A on Monday.")
    result: Any = Field(default=None, description="What the tool gave.")


class Reply(BaseModel):
    """The answer to one message."""

    reply: str
    session_id: str
    run_id: str
    style: str
    usage: UsageOut
    cost: CostOut
    stand_in: bool = Field(description="A stand-in answered, not a real model.")
    note: str | None = Field(description="What stand_in means, in words.")
    stop_reason: str
    data: Mapping[str, Any] | None = Field(description="Structured content beside the text.")
    effects: Sequence[EffectOut] = Field(
        default=(), description="What was really done; empty where nothing was."
    )
    warnings: Sequence[str] = Field(
        default=(), description="Where the answer claims what the record does not know of."
    )


class Problem(BaseModel):
    """An error, as RFC 9457 has it; some codes bring further fields."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str


class Health(BaseModel):
    """That the server is there."""

    status: Literal["ok"]
    version: str
    tools_running: int = Field(description="Plain tools that a thread is at work on.")
    tools_given_up: int = Field(description="Those of them that no run waits for any more.")
    style: str | None = None
    name: str | None = None
    test_mode: bool | None = None


class Ready(BaseModel):
    """That what is kept can be read and written."""

    status: Literal["ready"]


class StyleOut(BaseModel):
    """A control style."""

    key: str
    name: str
    decides: str = Field(description="Who decides which function is called, and when.")
    runs: str = Field(description="Where it runs: shared, independent or managed.")
    when: str
    available: bool
    missing: str | None = Field(description="What keeps it from running here.")
    default: bool = Field(description="Used where a request names no style.")


class Styles(BaseModel):
    """All control styles."""

    styles: Sequence[StyleOut]


class SessionSummary(BaseModel):
    """A conversation."""

    session_id: str
    updated_at: str


class Sessions(BaseModel):
    """One's own conversations, newest first."""

    sessions: Sequence[SessionSummary]


class SessionMessage(BaseModel):
    """One utterance, or a tool call and its result."""

    model_config = ConfigDict(extra="allow")

    role: str
    text: str


class SessionDetail(SessionSummary):
    """A conversation with what was said, oldest first."""

    messages: Sequence[SessionMessage]


class RunSummary(BaseModel):
    """A run in short."""

    run_id: str
    session_id: str
    style: str
    status: Literal["running", "ended"]
    question: str
    reply: str | None = None
    stop_reason: str | None = Field(default=None, description="null while it runs.")
    started_at: str | None = None
    seconds: float | None = None
    stand_in: bool | None = None
    usage: UsageOut | None = None
    cost: CostOut | None = None


class Runs(BaseModel):
    """One's own runs, those that are still on first, then newest first."""

    runs: Sequence[RunSummary]


class RunDetail(RunSummary):
    """A run with everything that happened in it."""

    app: str | None = None
    agent: str | None = None
    data: Mapping[str, Any] | None = None
    error: Mapping[str, str] | None = None
    effects: Sequence[EffectOut] = ()
    warnings: Sequence[str] = ()
    unknown_effects: Sequence[str] = Field(
        default=(), description="Writing tools that were begun and did not tell how they ended."
    )
    events: Sequence[Mapping[str, Any]]


class OpenQuestion(BaseModel):
    """What a run waits for a person to say."""

    run_id: str
    person: str = Field(description="Who is asked.")
    question: str
    data: Mapping[str, Any] = Field(description="What it is about, such as tool and arguments.")
    yours: bool = Field(description="Whether it is put to you: then you may answer it.")


class Questions(BaseModel):
    """What waits for a person."""

    questions: list[OpenQuestion]


class PersonAnswer(BaseModel):
    """A person's answer."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: str = Field(
        description="What you say; where a call is to be approved, a plain yes or no.",
        min_length=1,
        max_length=4_000,
    )


class CostLine(BaseModel):
    """What was used and paid under one key."""

    key: str = Field(description="The model, style or whatever it is added up by.")
    runs: int
    model_calls: int
    tool_calls: int
    failed_calls: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int = Field(description="Part of the input.")
    reasoning_tokens: int = Field(description="Part of the output.")
    cache_write_tokens: int = Field(description="Part of the input.")
    untold_calls: int = Field(description="Calls of models that did not tell their tokens.")
    cost_usd: float | None = Field(description="null where a part of it is unknown.")
    known_usd: float
    unpriced_calls: int = Field(description="Calls whose price nobody knows.")
    price_source: str
    model_seconds: float
    tool_seconds: float
    cache_saved_usd: float | None = Field(description="What caches saved, by today's prices.")


class Costs(BaseModel):
    """What one's own runs used and cost."""

    by: str
    costs: Sequence[CostLine]
