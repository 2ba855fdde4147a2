"""Settings as each wire writes them, made once for each settings object."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from batuta.core.at_work import conversation
from batuta.core.model_settings import UNSET
from batuta.models.vendors.claude import claude_of
from batuta.models.vendors.model_limits import output_limit
from batuta.models.vendors.names import legal_name
from batuta.models.vendors.setting_rules import check

if TYPE_CHECKING:
    from batuta.core.model import ModelRequest
    from batuta.core.model_settings import ModelSettings

Body = dict[str, Any]
_MOST_KEPT = 128
_LEAST_BUDGET = 1_024
_NEWEST_CACHE = ("gpt-5.6", "gpt-5.7", "gpt-5.8", "gpt-5.9", "gpt-6")


class SentSettings:
    """Keeps what was made of each settings object.

    Args:
        name: The model, as ``provider:model``.
        make: Writes a model's settings as the wire has them.
    """

    def __init__(self, name: str, make: Callable[[str, ModelSettings], Body]) -> None:
        self._name, self._make = name, make
        self._model = name.partition(":")[2]
        self._made: dict[int, tuple[ModelSettings, Body]] = {}

    def of(self, settings: ModelSettings) -> Body:
        """Give the fields of a request; nothing of it may be changed.

        Raises:
            ConfigError: The model does not take one of them.
        """
        if settings is UNSET:
            return _NOTHING
        found = self._made.get(id(settings))
        if found is None:
            check(self._name, settings)
            if len(self._made) >= _MOST_KEPT:
                self._made.clear()
            # The settings are kept too, so that no other object gets their identity.
            found = self._made[id(settings)] = settings, self._make(self._model, settings)
        return found[1]

    def limit(self, request: ModelRequest) -> int:
        """Say how much a reply may be."""
        return output_limit(self._name, request)


_NOTHING: Body = {}


def responses_body(model: str, settings: ModelSettings) -> Body:
    """Write settings for OpenAI's Responses."""
    made = _picked(settings, ("temperature", "top_p", "parallel_tool_calls", "service_tier"))
    summary = settings.reasoning_summary
    thoughts = {
        "effort": settings.reasoning_effort,
        "summary": None if summary == "none" else summary,
    }
    if any(thoughts.values()):
        made["reasoning"] = {key: value for key, value in thoughts.items() if value}
    if settings.verbosity:
        made["text"] = {"verbosity": settings.verbosity}
    choice = settings.tool_choice
    if choice:
        named = {"type": "function", "name": legal_name(choice)}
        made["tool_choice"] = choice if choice in _CHOICES else named
    return made | _uncached(model, settings)


def chat_body(model: str, settings: ModelSettings) -> Body:
    """Write settings for Chat Completions, OpenAI's or another's."""
    made = _picked(
        settings,
        (
            *("temperature", "top_p", "seed", "parallel_tool_calls"),
            *("service_tier", "reasoning_effort", "verbosity"),
        ),
    )
    if settings.stop:
        made["stop"] = list(settings.stop)
    choice = settings.tool_choice
    if choice:
        named = {"type": "function", "function": {"name": legal_name(choice)}}
        made["tool_choice"] = choice if choice in _CHOICES else named
    return made | _uncached(model, settings)


def messages_body(model: str, settings: ModelSettings) -> Body:
    """Write settings for Anthropic's Messages."""
    made = _picked(settings, ("temperature", "top_p", "service_tier"))
    if settings.stop:
        made["stop_sequences"] = list(settings.stop)
    thinking, effort = claude_thinking(model, settings)
    if thinking:
        made["thinking"] = thinking
    if effort:
        made["output_config"] = {"effort": effort}
    choice: Body = {}
    if settings.tool_choice:
        word = {"auto": "auto", "required": "any", "none": "none"}.get(settings.tool_choice)
        named = {"type": "tool", "name": legal_name(settings.tool_choice)}
        choice = named if word is None else {"type": word}
    if settings.parallel_tool_calls is not None and choice.get("type") != "none":
        single = not settings.parallel_tool_calls
        choice = {"type": "auto", **choice, "disable_parallel_tool_use": single}
    return {**made, "tool_choice": choice} if choice else made


def converse_body(model: str, settings: ModelSettings) -> Body:
    """Write settings for Bedrock's Converse."""
    sampled = {
        "temperature": settings.temperature,
        "topP": settings.top_p,
        "stopSequences": list(settings.stop) if settings.stop else None,
    }
    made: Body = {
        "inferenceConfig": {key: value for key, value in sampled.items() if value is not None}
    }
    own: Body = {}
    if claude_of(model) is not None:
        thinking, effort = claude_thinking(model, settings)
        own |= {"thinking": thinking} if thinking else {}
        made |= {"outputConfig": {"effort": effort}} if effort else {}
    elif settings.reasoning_effort and "nova" in model:
        effort = settings.reasoning_effort
        own["reasoningConfig"] = {"type": "enabled", "maxReasoningEffort": effort}
    elif settings.reasoning_effort:
        own["reasoning_effort"] = settings.reasoning_effort
    own |= settings.extra_body or {}
    if own:
        made["additionalModelRequestFields"] = own
    if settings.service_tier:
        made["serviceTier"] = {"type": settings.service_tier}
    choice = settings.tool_choice
    if choice:
        kinds: Mapping[str, Body] = {"auto": {"auto": {}}, "required": {"any": {}}}
        made["toolChoice"] = kinds.get(choice, {"tool": {"name": legal_name(choice)}})
    return made


def claude_thinking(model: str, settings: ModelSettings) -> tuple[Body, str]:
    """Say how a Claude is to think, and with which effort; nothing of either leaves it be."""
    claude = claude_of(model)
    effort, budget = settings.reasoning_effort, settings.reasoning_budget
    summary = settings.reasoning_summary
    shown = {} if summary is None else {"display": "omitted" if summary == "none" else "summarized"}
    if budget is not None:
        return {"type": "enabled", "budget_tokens": budget, **shown}, effort or ""
    if effort == "none":
        return {"type": "disabled" if claude is None else claude.quiet}, ""
    adapts = claude is not None and claude.adapts
    wanted = adapts and (effort is not None or bool(shown))
    return ({"type": "adaptive", **shown} if wanted else {}), effort or ""


def within_budget(thinking: Body, most: int) -> Body:
    """Lower a budget of thoughts to what a reply may be in all; too little for any is none."""
    budget = thinking.get("budget_tokens")
    if budget is None or budget < most:
        return thinking
    return {**thinking, "budget_tokens": most - 1} if most > _LEAST_BUDGET else {}


def cache_key() -> str:
    """Give the key by which a vendor finds what it keeps of this conversation; empty without one.

    It is the vendor's to read, so it says nothing of ours.
    """
    said = conversation()
    if not said:
        return ""
    return hashlib.sha256(f"batuta|{said}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _uncached(model: str, settings: ModelSettings) -> Body:
    """Ask OpenAI not to cache, of those models that can be asked."""
    if settings.caching is False and model.startswith(_NEWEST_CACHE):
        return {"prompt_cache_options": {"mode": "explicit"}}
    return {}


def _picked(settings: ModelSettings, names: tuple[str, ...]) -> Body:
    values = {name: getattr(settings, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


_CHOICES = ("auto", "required", "none")
