"""What is known of models by their names: their families, and what they refuse to be told.

Sources, 2026-11: the model pages of OpenAI, Anthropic and Amazon Bedrock, and the tables that
pydantic-ai 2.68 keeps from live requests.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[a-z]+")
_VENDOR = re.compile(r"^(?:[a-z0-9-]+\.)+(?=[a-z])")
_REGION = re.compile(r"(?:us|eu|apac|jp|au|ca|us-gov|global)\.(?=[a-z0-9-]+\.)")

_ALL_THOUGHTS = re.compile(
    r"deepseek-(?:v(?:[4-9]|\d\d)|chat|reasoner|flash|pro)|kimi-k2.*think|kimi-k[3-9]"
)
_OPENAI_REASONS = re.compile(r"o[1-9]|gpt-5(?!-chat)|gpt-[6-9]|gpt-\d\d|codex-")
# These think only where they are asked to, and take a temperature until then.
_OPENAI_OPT_IN = re.compile(r"gpt-5\.[1-4](?!-(?:chat|pro|codex))")
_CLAUDE_UNSAMPLED = re.compile(r"claude-(?:fable-5|mythos-5|opus-4-[78]|opus-5|sonnet-5|haiku-5-5)")
_BEDROCK_UNSAMPLED = re.compile(r"grok|gpt-(?:5|6)")
# Of a family that nobody knows, such as behind an ARN, the whole of Converse is expected.
_BEDROCK_UNFORCED = re.compile(
    r"(?:ai21|amazon\.titan|cohere|deepseek|google|meta|minimax|mistral|nvidia|openai|qwen|writer)\b"
)
_BEDROCK_INLINED = re.compile(r"(?:ai21|amazon|cohere|meta|mistral|openai|writer)\b")


def family_of(model: str) -> str:
    """Give the family that shares opaque parts: the provider, and the model's first word.

    >>> family_of("bedrock:eu.anthropic.claude-haiku-4-5-20251001-v1:0")
    'bedrock/claude'
    >>> family_of("compatible:google/gemini-3-pro"), family_of("openai:o3")
    ('compatible/gemini', 'openai/o')
    """
    provider, _, name = model.partition(":")
    last = _VENDOR.sub("", name.lower().rpartition("/")[2])
    found = _WORD.search(last)
    return f"{provider}/{found[0] if found else last}"


def wants_all_thoughts(model: str) -> bool:
    """Whether a server of Chat Completions refuses a call that comes without its thoughts later on.

    Source: https://api-docs.deepseek.com/guides/thinking_mode (2026-11); anomalyco/opencode#24722.
    """
    return _ALL_THOUGHTS.search(model) is not None


def openai_reasons(model: str) -> bool:
    """Whether a model of OpenAI's thinks before it answers, or can."""
    return _OPENAI_REASONS.match(model) is not None


def openai_takes_temperature(model: str) -> bool:
    """Whether a model of OpenAI's may be told a temperature: not while it thinks."""
    return not openai_reasons(model) or _OPENAI_OPT_IN.match(model) is not None


def claude_takes_temperature(model: str) -> bool:
    """Whether a model of Anthropic's may be told a temperature."""
    return _CLAUDE_UNSAMPLED.match(model) is None


def bedrock_takes_temperature(model: str) -> bool:
    """Whether a model on Bedrock may be told a temperature."""
    return _CLAUDE_UNSAMPLED.search(model) is None and _BEDROCK_UNSAMPLED.search(model) is None


def bedrock_can_be_forced(model: str) -> bool:
    """Whether a model on Bedrock may be told that it must call a tool."""
    return _BEDROCK_UNFORCED.match(_REGION.sub("", model)) is None


def bedrock_wants_inlined(model: str) -> bool:
    """Whether a model on Bedrock does not follow references within a schema."""
    return _BEDROCK_INLINED.match(_REGION.sub("", model)) is not None
