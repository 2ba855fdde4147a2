"""The settings of a request, in our words, so that a model behind the stand-in hears them."""

from __future__ import annotations

from typing import Any

from batuta.core.model_settings import UNSET, ModelSettings
from batuta.standin.failures import invalid
from batuta.standin.json_node import JsonNode

_SAME = ("temperature", "top_p", "seed", "parallel_tool_calls", "service_tier", "verbosity")


def asked_settings(body: JsonNode) -> ModelSettings:
    """Read what OpenAI's two formats and Anthropic's say of how the model is asked.

    Raises:
        Rejected: A setting is out of its range.
    """
    raw = body.fields()
    found: dict[str, Any] = {name: raw.get(name) for name in _SAME}
    found |= {name: body[name].number() for name in ("temperature", "top_p", "seed")}
    stop = raw.get("stop", raw.get("stop_sequences"))
    found["stop"] = [stop] if isinstance(stop, str) else stop or None
    text, thoughts = _inner(body, "text"), _inner(body, "reasoning")
    thinking, config = _inner(body, "thinking"), _inner(body, "output_config")
    found["verbosity"] = found["verbosity"] or text.get("verbosity")
    found["reasoning_effort"] = (
        raw.get("reasoning_effort") or thoughts.get("effort") or config.get("effort")
    )
    found["reasoning_summary"] = thoughts.get("summary") or _SHOWN.get(str(thinking.get("display")))
    found["reasoning_budget"] = thinking.get("budget_tokens")
    return _made(found)


def converse_settings(body: JsonNode) -> ModelSettings:
    """Read what Converse says of how the model is asked.

    Raises:
        Rejected: A setting is out of its range.
    """
    held, own = _inner(body, "inferenceConfig"), _inner(body, "additionalModelRequestFields")
    thinking: Any = own.get("thinking") or {}
    nova: Any = own.get("reasoningConfig") or {}
    return _made(
        {
            "temperature": JsonNode(held.get("temperature"), "temperature").number(),
            "top_p": JsonNode(held.get("topP"), "topP").number(),
            "stop": held.get("stopSequences") or None,
            "service_tier": _inner(body, "serviceTier").get("type"),
            "reasoning_effort": _inner(body, "outputConfig").get("effort")
            or nova.get("maxReasoningEffort"),
            "reasoning_budget": thinking.get("budget_tokens"),
            "reasoning_summary": _SHOWN.get(str(thinking.get("display"))),
        }
    )


_SHOWN = {"summarized": "auto", "omitted": "none"}


def _inner(body: JsonNode, name: str) -> dict[str, Any]:
    return dict(body[name].fields()) if body[name].there else {}


def _made(found: dict[str, Any]) -> ModelSettings:
    given = {name: value for name, value in found.items() if value is not None}
    if not given:
        return UNSET
    try:
        return ModelSettings(**given)
    except ValueError as error:
        raise invalid(f"Invalid request: {error}") from error
