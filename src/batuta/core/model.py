"""The narrow call to a model: one request, one reply, text streamed on the way."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

from batuta.core.message import Message, ToolCall, VendorPart, new_message
from batuta.core.model_settings import UNSET, ModelSettings
from batuta.core.slots import direct_init, maker_of

StopReason = Literal["end", "tool_calls", "length", "refused"]
Emit = Callable[[str], None]
"""Takes each piece of text as it arrives."""
OUTPUT_TOKENS = 2048
"""What is reserved at least for a call whose output nobody limits."""
CHAIN = "|"
"""Stands between the names of the models of a chain."""
STAND_IN_SUFFIX = "-batuta-stand-in"
"""Ends a model's name in every reply of a stand-in server that has such a field."""


def ignore(piece: str) -> None:
    """Take a piece of streamed text and do nothing with it."""


def unheard(piece: str) -> None:
    """Take a structured reply's text as it streams: its JSON is not for people to read."""


@dataclass(frozen=True, slots=True)
class ToolSchema:
    """All that a model may know of a tool.

    Args:
        parameters: JSON Schema of the arguments, type object.
        writes: Whether it changes the world; for our records, no model is told.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    writes: bool = field(default=False, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class OutputSchema:
    """The shape of a structured reply, as JSON Schema of type object."""

    name: str
    schema: Mapping[str, Any]
    description: str = ""


@direct_init
@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call or a sum of calls.

    Args:
        cached_tokens: Part of the input, read from the vendor's cache.
        reasoning_tokens: Part of the output that nobody sees.
        cache_write_tokens: Part of the input, written to the vendor's cache.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    cache_write_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
        )

    def to_json(self) -> dict[str, int]:
        """Turn into JSON-able data."""
        return {
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cached_tokens": self.cached_tokens,
            "reasoning_tokens": self.reasoning_tokens,
            "cache_write_tokens": self.cache_write_tokens,
        }


class Spent(NamedTuple):
    """What one model used.

    Args:
        told: False where the vendor did not tell it all: its cost is then unknown, not nothing.
        tier: At which the vendor served it, in its own word.
    """

    model: str
    usage: Usage
    told: bool = True
    tier: str = ""


class Inner(NamedTuple):
    """One thing that a managed agent did by itself on the way to its reply.

    Args:
        name: Of the tool, or what was decided or is warned of.
        data: JSON-able: arguments and result, or why, or the warning's text.
    """

    kind: Literal["tool", "decision", "warning"]
    name: str
    data: Mapping[str, Any]


BeforeNext = Callable[["ModelRequest", Sequence[Spent]], Awaitable["ModelRequest"]]


async def unchanged(request: ModelRequest, _spent: Sequence[Spent]) -> ModelRequest:
    """Let a chain's next model have the request as it is."""
    return request


@direct_init
@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What a model gets to see, and nothing else.

    Args:
        messages: The conversation, instructions first.
        tools: Tools that it may ask for.
        output: Shape of a structured reply; None asks for plain text.
        max_output_tokens: Most tokens that it may write; None leaves it to the settings, then to
            the model.
        settings: How else it is asked.
        before_next: What a model that asks several in turn awaits before each but the first: it is
            given the request and what every model so far has used, gives the request as the next
            one may have it, and refuses where the run's budget does.
        think: Takes each piece of a summary of its thoughts, where the settings ask for one.
        open_ended: Nobody limits it: ``max_output_tokens`` is what the run's budget leaves.
    """

    messages: Sequence[Message]
    tools: Sequence[ToolSchema] = ()
    output: OutputSchema | None = None
    max_output_tokens: int | None = None
    settings: ModelSettings = UNSET
    before_next: BeforeNext = field(default=unchanged, compare=False, repr=False)
    think: Emit = field(default=ignore, compare=False, repr=False)
    open_ended: bool = field(default=False, compare=False, repr=False)

    def limited(self, most: int | None, *, open_ended: bool = False) -> ModelRequest:
        """Copy it with another limit of output tokens."""
        talk, tools, output, settings = self.messages, self.tools, self.output, self.settings
        before, think = self.before_next, self.think
        return new_request(talk, tools, output, most, settings, before, think, open_ended)

    @property
    def most_output_tokens(self) -> int | None:
        """Most tokens that it may write, by whoever says so; None for the model's own limit."""
        most = self.max_output_tokens
        return self.settings.max_output_tokens if most is None else most


new_request = maker_of(ModelRequest)
"""What ``ModelRequest`` does, faster."""


@direct_init
@dataclass(frozen=True, slots=True)
class ModelReply:
    """What a model said.

    Where it was stopped by its limit (``length``), its last call counts as cut, whoever made it.

    Args:
        output: The structured reply, where one was asked for.
        model: The model that really answered, as ``provider:name``.
        stand_in: True where no real model answered.
        usage_told: False where the vendor did not tell its usage.
        earlier: What each model used that was asked in vain before this one answered.
        inner: What a managed agent did by itself, in order.
        parts: What the vendor wants back with the message.
        service_tier: At which the vendor says it served, in its own word; empty where it said none.
        reasoning: A summary of its thoughts, where the vendor gave one; no part of the answer.
    """

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    output: Mapping[str, Any] | None = None
    usage: Usage = field(default_factory=Usage)
    stop_reason: StopReason = "end"
    model: str = ""
    stand_in: bool = False
    usage_told: bool = True
    earlier: tuple[Spent, ...] = ()
    inner: tuple[Inner, ...] = ()
    parts: tuple[VendorPart, ...] = ()
    service_tier: str = ""
    reasoning: str = ""

    def __post_init__(self) -> None:
        if self.stop_reason == "length" and self.tool_calls and not self.tool_calls[-1].cut:
            calls = (*self.tool_calls[:-1], _as_cut(self.tool_calls[-1]))
            object.__setattr__(self, "tool_calls", calls)

    def message(self) -> Message:
        """Give the reply as a message of the conversation, with all that belongs to it."""
        return new_message("assistant", self.text, tool_calls=self.tool_calls, parts=self.parts)

    def answer(self) -> Message:
        """Give the reply as an answer; one that its limit cut off says so, and has ``cut`` set."""
        if self.stop_reason != "length":
            return new_message("assistant", self.text, self.output, parts=self.parts)
        return new_message("assistant", self.text + _CUT_OFF, self.output, {"cut": True})


_CUT_OFF = "\n\n[Cut off: the model reached its limit of output tokens.]"


def _as_cut(call: ToolCall) -> ToolCall:
    """Take a call's arguments for half of them: nobody can tell what is missing."""
    raw = call.invalid
    if raw is None:
        raw = json.dumps(dict(call.arguments), ensure_ascii=False, default=str)
    return replace(call, arguments={}, invalid=raw, cut=True)


@runtime_checkable
class Model(Protocol):
    """Anything that turns a request into a reply.

    A wrapper (retry, recorder, fallback) is one more Model that delegates.
    """

    @property
    def name(self) -> str:
        """The name, as ``provider:model``."""
        ...

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Answer the request; give text to ``emit`` piece by piece as it arrives.

        Raises:
            ModelError: No usable reply could be had.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Abilities:
    """What a model's server says that it can; None where it does not say.

    Args:
        tools: Whether its model is shown the tools of a request.
        context_tokens: What a conversation and its answer may have together.
    """

    tools: bool | None = None
    context_tokens: int | None = None


@runtime_checkable
class AbleModel(Protocol):
    """A model that can tell what it can, or one around such a model."""

    async def abilities(self) -> Abilities:
        """Tell what it can."""
        ...


async def abilities_of(*models: Model) -> Abilities:
    """Give what each of several models can, as far as they tell; the least of them counts."""
    told = [await model.abilities() for model in models if isinstance(model, AbleModel)]
    known = [each.tools for each in told if each.tools is not None]
    sizes = [each.context_tokens for each in told if each.context_tokens is not None]
    return Abilities(tools=all(known) if known else None, context_tokens=min(sizes, default=None))


@runtime_checkable
class ModelSource(Protocol):
    """Gives models by name, and holds their connections open until it is closed."""

    def __call__(self, name: str | None, /) -> Model:
        """Give the model of that name; None asks for the default one."""
        ...

    async def aclose(self) -> None:
        """Close the connections; a later call makes new ones."""
        ...
