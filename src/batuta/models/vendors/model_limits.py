"""How much each vendor's models write in one call, and which efforts OpenAI's know.

Sources, 2026-11: https://developers.openai.com/api/docs/models and /guides/reasoning;
https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from batuta.models.vendors.claude import claude_of
from batuta.models.vendors.families import openai_reasons

if TYPE_CHECKING:
    from batuta.core.model import ModelRequest

UNKNOWN_OUTPUT = 4_096
"""What a model may write that nobody here knows: many servers refuse more than they can hold."""
_OPENAI = (
    (re.compile(r"gpt-5-chat|gpt-5\.\d-chat|gpt-4o|chatgpt-4o"), 16_384),
    (re.compile(r"gpt-5|gpt-[6-9]|gpt-\d\d|codex-"), 128_000),
    (re.compile(r"o[1-9]"), 100_000),
    (re.compile(r"gpt-4\.1"), 32_768),
)
_BEDROCK = (
    (re.compile(r"amazon\.nova-2"), 65_536),
    (re.compile(r"amazon\.nova"), 10_000),
    (re.compile(r"meta\."), 2_048),
    (re.compile(r"deepseek|openai\.|qwen|moonshot|minimax|zai"), 16_384),
)
_OLD = ("low", "medium", "high")
_EFFORTS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"gpt-5-pro"), ("high",)),
    (re.compile(r"gpt-5\.[2-5](?:\.\d)?-pro"), ("medium", "high", "xhigh")),
    (re.compile(r"gpt-5\.1-codex-max|gpt-5\.[2-5].*codex"), (*_OLD, "xhigh")),
    (re.compile(r"o[1-9]|gpt-5-codex|gpt-5\.1-codex|codex-"), _OLD),
    (re.compile(r"gpt-5\.1"), ("none", *_OLD)),
    (re.compile(r"gpt-5\.[2-5]"), ("none", *_OLD, "xhigh")),
    (re.compile(r"gpt-5(?![.\d])"), ("minimal", *_OLD)),
)
_NEWEST = ("none", *_OLD, "xhigh", "max")


def openai_efforts(model: str) -> tuple[str, ...]:
    """Give the efforts that a model of OpenAI's can be asked for; none where it does not think."""
    if not openai_reasons(model):
        return ()
    return next((known for name, known in _EFFORTS if name.match(model)), _NEWEST)


def known_output(provider: str, model: str) -> int | None:
    """Give the most tokens that a model writes in one call; None where nobody here knows."""
    claude = claude_of(model)
    if claude is not None and provider in {"anthropic", "bedrock"}:
        return claude.most_output
    table = {"openai": _OPENAI, "openai-chat": _OPENAI, "bedrock": _BEDROCK}.get(provider, ())
    return next((most for name, most in table if name.search(model)), None)


def output_limit(name: str, request: ModelRequest) -> int:
    """Say how much a reply may be: what was asked for, and no more than the model can.

    Args:
        name: Of the model, as ``provider:model``.
    """
    provider, _, model = name.partition(":")
    known, asked = known_output(provider, model), request.most_output_tokens
    if asked is None:
        return known or UNKNOWN_OUTPUT
    if request.open_ended:
        return min(asked, known or UNKNOWN_OUTPUT)
    return min(asked, known or asked)
