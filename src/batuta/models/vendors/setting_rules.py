"""Which settings each vendor takes, what they are called there, and what is said of the others.

One table, from which the page is made; the tests compare it with what the SDKs really send.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from batuta.core.model import CHAIN
from batuta.core.model_settings import NAMES
from batuta.errors import ConfigError
from batuta.models.vendors.claude import claude_of
from batuta.models.vendors.families import (
    bedrock_can_be_forced,
    bedrock_takes_temperature,
    claude_takes_temperature,
    openai_reasons,
    openai_takes_temperature,
)
from batuta.models.vendors.model_limits import known_output, openai_efforts

if TYPE_CHECKING:
    from batuta.core.model_settings import ModelSettings
    from batuta.models.vendors.claude import Claude

REFUSED = "!"
"""Begins the entry of a setting that a vendor does not take; the rest says what to do."""
_LEAST_BUDGET = 1_024
RULES: Mapping[str, Mapping[str, str]] = {
    "openai": {
        "temperature": "temperature",
        "top_p": "top_p",
        "max_output_tokens": "max_output_tokens",
        "reasoning_effort": "reasoning.effort",
        "reasoning_budget": "!Set reasoning_effort: OpenAI counts no thoughts beforehand",
        "reasoning_summary": "reasoning.summary",
        "seed": "!Name the model as openai-chat: its Chat Completions take a seed",
        "stop": "!Name the model as openai-chat: its Chat Completions take stop",
        "parallel_tool_calls": "parallel_tool_calls",
        "tool_choice": "tool_choice",
        "service_tier": "service_tier",
        "caching": "prompt_cache_key",
        "verbosity": "text.verbosity",
        "extra_headers": "headers",
        "extra_body": "body",
    },
    "openai-chat": {
        "temperature": "temperature",
        "top_p": "top_p",
        "max_output_tokens": "max_completion_tokens",
        "reasoning_effort": "reasoning_effort",
        "reasoning_budget": "!Set reasoning_effort: OpenAI counts no thoughts beforehand",
        "reasoning_summary": "!Name the model as openai: its Responses give summaries",
        "seed": "seed",
        "stop": "stop",
        "parallel_tool_calls": "parallel_tool_calls",
        "tool_choice": "tool_choice",
        "service_tier": "service_tier",
        "caching": "prompt_cache_key",
        "verbosity": "verbosity",
        "extra_headers": "headers",
        "extra_body": "body",
    },
    "anthropic": {
        "temperature": "temperature",
        "top_p": "top_p",
        "max_output_tokens": "max_tokens",
        "reasoning_effort": "output_config.effort",
        "reasoning_budget": "thinking.budget_tokens",
        "reasoning_summary": "thinking.display",
        "seed": "!Leave it out: Anthropic samples without one",
        "stop": "stop_sequences",
        "parallel_tool_calls": "tool_choice.disable_parallel_tool_use",
        "tool_choice": "tool_choice.type",
        "service_tier": "service_tier",
        "caching": "cache_control",
        "verbosity": "!Say in the instructions how long answers are",
        "extra_headers": "headers",
        "extra_body": "body",
    },
    "bedrock": {
        "temperature": "inferenceConfig.temperature",
        "top_p": "inferenceConfig.topP",
        "max_output_tokens": "inferenceConfig.maxTokens",
        "reasoning_effort": "outputConfig.effort",
        "reasoning_budget": "additionalModelRequestFields.thinking.budget_tokens",
        "reasoning_summary": "additionalModelRequestFields.thinking.display",
        "seed": "!Leave it out, or give it as extra_body where the model knows one",
        "stop": "inferenceConfig.stopSequences",
        "parallel_tool_calls": "!Leave it out: Converse has no field for it",
        "tool_choice": "toolConfig.toolChoice",
        "service_tier": "serviceTier.type",
        "caching": "cachePoint",
        "verbosity": "!Say in the instructions how long answers are",
        "extra_headers": "!Leave them out: AWS signs its requests",
        "extra_body": "additionalModelRequestFields",
    },
    "bedrock-agent": dict.fromkeys(NAMES, "!Set it in the agent's definition at AWS"),
    "compatible": {
        "temperature": "temperature",
        "top_p": "top_p",
        "max_output_tokens": "max_tokens",
        "reasoning_effort": "reasoning_effort",
        "reasoning_budget": "!Give it as extra_body, in your server's own word",
        "reasoning_summary": "what the server tells of its thoughts",
        "seed": "seed",
        "stop": "stop",
        "parallel_tool_calls": "parallel_tool_calls",
        "tool_choice": "tool_choice",
        "service_tier": "!Give it as extra_body, in your server's own word",
        "caching": "!Leave it out: the server caches by itself, or not",
        "verbosity": "!Say in the instructions how long answers are",
        "extra_headers": "headers",
        "extra_body": "body",
    },
}
_TIERS: Mapping[str, tuple[str, ...]] = {
    "openai": ("auto", "default", "flex", "priority", "fast", "ultrafast"),
    "openai-chat": ("auto", "default", "flex", "scale", "priority", "fast"),
    "anthropic": ("auto", "standard_only"),
    "bedrock": ("default", "flex", "priority", "reserved"),
}


def check(model: str, settings: ModelSettings) -> None:
    """See that a model takes settings; one that is no vendor's takes them as it likes.

    Args:
        model: As ``provider:model``, or several joined by ``|``, each of which must.

    Raises:
        ConfigError: It does not; says vendor, setting and what to do.
    """
    for each in map(str.strip, model.split(CHAIN)):
        if each.partition(":")[0] not in RULES:
            continue
        for setting in settings.names():
            mend = refusal(each, setting, settings)
            if mend:
                raise ConfigError(f"{each} does not take the setting {setting}", f"{mend}.")


def refusal(name: str, setting: str, settings: ModelSettings) -> str:
    """Say what to do in place of a setting; empty where the model takes it.

    Args:
        name: Of the model, as ``provider:model``.
    """
    provider, _, model = name.partition(":")
    rule = RULES[provider][setting]
    if rule.startswith(REFUSED):
        return rule[1:]
    if setting == "service_tier" and settings.service_tier not in _TIERS[provider]:
        mend = f"Use one of {', '.join(_TIERS[provider])}"
    elif setting == "max_output_tokens":
        asked_for, most = settings.max_output_tokens or 0, known_output(provider, model)
        mend = "" if most is None or asked_for <= most else f"Use at most {most:,}"
    else:
        asked = _BY_PROVIDER.get(provider)
        mend = "" if asked is None else asked(model, setting, settings)
    return mend


def _openai(model: str, setting: str, settings: ModelSettings) -> str:
    reasons = openai_reasons(model)
    if setting in {"temperature", "top_p"}:
        asleep = settings.reasoning_effort in (None, "none")
        takes = openai_takes_temperature(model) and (not reasons or asleep)
        return "" if takes else "Leave it out: a model that thinks is not sampled so"
    if setting == "reasoning_effort":
        return _one_of(str(settings.reasoning_effort), openai_efforts(model))
    is_old = not reasons or model.startswith("o")
    if setting == "reasoning_summary" and not reasons:
        return _NEWER
    if setting == "verbosity" and is_old:
        return _NEWER
    return _NEWER if setting == "parallel_tool_calls" and reasons and is_old else ""


_NEWER = "Leave it out, or take a model from gpt-5 on"


def _chat(model: str, setting: str, settings: ModelSettings) -> str:
    if setting == "stop" and openai_reasons(model):
        return "Leave it out: a model that thinks takes none"
    return _openai(model, setting, settings)


def _claude(model: str, setting: str, settings: ModelSettings) -> str:
    claude = claude_of(model)
    if claude is None:
        return ""
    if setting in {"temperature", "top_p"}:
        return _sampling(setting, settings, takes=claude_takes_temperature(model))
    if setting.startswith("reasoning"):
        return _thoughts(claude, setting, settings)
    forces = setting == "tool_choice" and settings.tool_choice not in ("auto", "none")
    if forces and (claude.always_thinks or _thinks(settings)):
        return "Use auto: no call can be forced while it thinks"
    return ""


def _thoughts(claude: Claude, setting: str, settings: ModelSettings) -> str:
    effort, other = settings.reasoning_effort, "Leave it out"
    if setting == "reasoning_budget":
        if claude.takes_budget:
            return _budget(settings)
        return "Set reasoning_effort" if claude.efforts else f"{other}: it does not think"
    if setting == "reasoning_effort":
        if effort == "none" and claude.takes_budget:
            return ""
        return _one_of(
            str(effort), claude.efforts, "Set reasoning_budget" if claude.takes_budget else other
        )
    if claude.adapts or settings.reasoning_budget is not None:
        return ""
    return "Set reasoning_budget too" if claude.takes_budget else f"{other}: it does not think"


def _sampling(setting: str, settings: ModelSettings, *, takes: bool) -> str:
    if not takes:
        return "Leave it out: it chooses by itself how it samples"
    if _thinks(settings):
        return "Leave it out while it thinks"
    both = settings.temperature is not None and settings.top_p is not None
    return "Set temperature or top_p, not both" if both and setting == "top_p" else ""


def _budget(settings: ModelSettings) -> str:
    budget, most = settings.reasoning_budget or 0, settings.max_output_tokens
    if budget < _LEAST_BUDGET:
        return f"Give {_LEAST_BUDGET:,} tokens at least"
    if most is not None and budget >= most:
        return f"Give less than max_output_tokens, which is {most:,}"
    return ""


def _thinks(settings: ModelSettings) -> bool:
    return settings.reasoning_budget is not None or settings.reasoning_effort not in (None, "none")


def _bedrock(model: str, setting: str, settings: ModelSettings) -> str:
    if setting == "tool_choice" and settings.tool_choice == "none":
        return "Use auto: Converse has no other word for it"
    forces = setting == "tool_choice" and settings.tool_choice != "auto"
    if forces and not bedrock_can_be_forced(model):
        return "Use auto: this model cannot be made to call"
    if claude_of(model) is not None:
        return _claude(model, setting, settings)
    if setting in {"temperature", "top_p"} and not bedrock_takes_temperature(model):
        return "Leave it out: it chooses by itself how it samples"
    if setting == "reasoning_effort":
        return _one_of(str(settings.reasoning_effort), bedrock_efforts(model))
    if setting in {"reasoning_budget", "reasoning_summary"}:
        return "Leave it out: of models on Bedrock, Claude takes it"
    if setting == "caching" and settings.caching and not bedrock_caches(model):
        return "Leave it out: of models on Bedrock, Claude and Nova cache"
    return ""


def bedrock_efforts(model: str) -> tuple[str, ...]:
    """Give the efforts that a model on Bedrock which is no Claude can be asked for."""
    return ("low", "medium", "high") if "nova-2" in model or "openai.gpt-oss" in model else ()


def bedrock_caches(model: str) -> bool:
    """Whether prompts of a model on Bedrock can be marked for its cache."""
    return claude_of(model) is not None or "amazon.nova" in model


def _one_of(value: str, known: tuple[str, ...], other: str = "Leave it out") -> str:
    if value in known:
        return ""
    return f"Use one of {', '.join(known)}" if known else f"{other}: this model knows no efforts"


_BY_PROVIDER: Mapping[str, Callable[[str, str, ModelSettings], str]] = {
    "openai": _openai,
    "openai-chat": _chat,
    "anthropic": _claude,
    "bedrock": _bedrock,
}


def table() -> str:
    """Write the table of the page: setting, and how each vendor takes it."""
    heads = [head for head in RULES if head != "bedrock-agent"]
    lines = [
        f"| setting | {' | '.join(f'`{head}`' for head in heads)} |",
        f"|---|{'---|' * len(heads)}",
    ]
    for name in NAMES:
        cells = [RULES[head][name] for head in heads]
        written = [f"no: {c[1:]}" if c.startswith(REFUSED) else f"`{c}`" for c in cells]
        lines.append(f"| `{name}` | {' | '.join(written)} |")
    return "\n".join(lines)
