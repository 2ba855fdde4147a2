"""Usage as vendors tell it, as ours: null and absence are unknown, and nothing counts twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from batuta.core.model import Usage

_EMPTY: Mapping[str, Any] = {}


class ToldUsage(NamedTuple):
    """What a vendor told.

    Args:
        told: Whether that is all of it: input and output.
    """

    usage: Usage = Usage()
    told: bool = False


NOT_TOLD = ToldUsage()


def chat_usage(raw: object) -> ToldUsage:
    """Read the usage of OpenAI's Chat Completions, and of those who speak it.

    Some (Gemini, Grok) leave reasoning out of the output, as their total shows.
    """
    said = mapping(raw)
    inputs, outputs = (
        mapping(said.get("prompt_tokens_details")),
        mapping(said.get("completion_tokens_details")),
    )
    read = _first(
        inputs.get("cached_tokens"), said.get("cached_tokens"), said.get("prompt_cache_hit_tokens")
    )
    written = _first(inputs.get("cache_write_tokens"), inputs.get("cache_creation_tokens"))
    reasoning = count(outputs.get("reasoning_tokens")) or 0
    given, output = count(said.get("prompt_tokens")), count(said.get("completion_tokens"))
    total = count(said.get("total_tokens"))
    if (
        reasoning
        and None not in (given, output, total)
        and total == (given or 0) + (output or 0) + reasoning
    ):
        output = (output or 0) + reasoning
    return told(given, output, cached=read, reasoning=reasoning, written=written)


def responses_usage(raw: object) -> ToldUsage:
    """Read the usage of OpenAI's Responses."""
    said = mapping(raw)
    inputs, outputs = (
        mapping(said.get("input_tokens_details")),
        mapping(said.get("output_tokens_details")),
    )
    return told(
        count(said.get("input_tokens")),
        count(said.get("output_tokens")),
        cached=count(inputs.get("cached_tokens")) or 0,
        reasoning=count(outputs.get("reasoning_tokens")) or 0,
        written=_first(inputs.get("cache_write_tokens"), inputs.get("cache_creation_tokens")),
    )


def anthropic_usage(raw: object) -> ToldUsage:
    """Read the usage of Anthropic Messages, whose cache stands beside the input."""
    said = mapping(raw)
    read = count(said.get("cache_read_input_tokens")) or 0
    written = count(said.get("cache_creation_input_tokens")) or 0
    given = count(said.get("input_tokens"))
    thinking = count(mapping(said.get("output_tokens_details")).get("thinking_tokens")) or 0
    return told(
        None if given is None else given + read + written,
        count(said.get("output_tokens")),
        cached=read,
        reasoning=thinking,
        written=written,
    )


def converse_usage(raw: object) -> ToldUsage:
    """Read the usage of Bedrock Converse, whose cache stands beside the input."""
    said = mapping(raw)
    read = count(said.get("cacheReadInputTokens")) or 0
    written = count(said.get("cacheWriteInputTokens")) or 0
    given = count(said.get("inputTokens"))
    return told(
        None if given is None else given + read + written,
        count(said.get("outputTokens")),
        cached=read,
        written=written,
    )


def told(
    given: int | None, output: int | None, *, cached: int = 0, reasoning: int = 0, written: int = 0
) -> ToldUsage:
    """Put numbers together; cached and written are part of the input, reasoning of the output."""
    usage = Usage(
        max(given or 0, cached + written), output or 0, cached, min(reasoning, output or 0), written
    )
    return ToldUsage(usage, given is not None and output is not None)


def count(value: object) -> int | None:
    """Read a count; None for null, for text and for what is below 0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < float("inf") else None


def mapping(value: object) -> Mapping[str, Any]:
    """Give a mapping itself, and an empty one for anything else."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else _EMPTY


def _first(*values: object) -> int:
    return next((found for value in values if (found := count(value)) is not None), 0)
