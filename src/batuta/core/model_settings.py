"""How a model is asked: settings that may be had wherever a model is named."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, cast

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Summary = Literal["auto", "concise", "detailed", "none"]
Verbosity = Literal["low", "medium", "high"]
_MOST_TEMPERATURE = 2.0
_MOST_STOPS = 16
_WORDS: Mapping[str, tuple[str, ...]] = {
    "reasoning_effort": ("none", "minimal", "low", "medium", "high", "xhigh", "max"),
    "reasoning_summary": ("auto", "concise", "detailed", "none"),
    "verbosity": ("low", "medium", "high"),
}
_RANGES: Mapping[str, tuple[float, float]] = {
    "temperature": (0, _MOST_TEMPERATURE),
    "top_p": (0, 1),
}
_COUNTS: Mapping[str, int] = {"max_output_tokens": 1, "reasoning_budget": 1, "seed": -(2**63)}
_FLAGS = ("parallel_tool_calls", "caching")
_TEXTS = ("tool_choice", "service_tier")
_TABLES = ("extra_headers", "extra_body")


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelSettings:
    """How a model is asked; None leaves it to whoever is farther away, in the end to the vendor.

    Args:
        temperature: 0 to 2, or what the vendor takes.
        top_p: 0 to 1.
        max_output_tokens: Most tokens that one call may write, its thoughts included.
        reasoning_effort: How hard it thinks.
        reasoning_budget: Tokens for its thoughts, at vendors that count them.
        reasoning_summary: Asks for summaries of its thoughts, and has them streamed as events of
            their own; ``none`` asks for none.
        seed: Makes sampling repeatable, as far as the vendor does.
        stop: Texts that end the reply where it comes to them.
        parallel_tool_calls: Whether one reply may wish for several calls.
        tool_choice: ``auto``, ``required``, ``none``, or a tool's name.
        service_tier: In the vendor's own word.
        caching: Whether prompts are marked for the vendor's cache; None marks them where it saves.
        verbosity: How long the answer is.
        extra_headers: Sent beside our own.
        extra_body: Fields in the vendor's own words, sent as they are, before all else.

    Raises:
        ValueError: A setting is out of its range; says which, and what it may be.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    reasoning_effort: Effort | None = None
    reasoning_budget: int | None = None
    reasoning_summary: Summary | None = None
    seed: int | None = None
    stop: tuple[str, ...] | None = None
    parallel_tool_calls: bool | None = None
    tool_choice: str | None = None
    service_tier: str | None = None
    caching: bool | None = None
    verbosity: Verbosity | None = None
    extra_headers: Mapping[str, str] | None = None
    extra_body: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        for name in NAMES:
            value = getattr(self, name)
            wanted = "" if value is None else _wanted(name, value)
            if wanted:
                raise ValueError(f"Model setting {name} is {value!r}: use {wanted}.")
        if isinstance(cast("Any", self.stop), list):
            object.__setattr__(self, "stop", tuple(cast("Any", self.stop)))

    def over(self, farther: ModelSettings | None) -> ModelSettings:
        """Give these settings, and the other's where these have none.

        >>> ModelSettings(temperature=0).over(ModelSettings(temperature=1, seed=7)).to_json()
        {'temperature': 0, 'seed': 7}
        """
        if farther is None or farther is UNSET:
            return self
        if self is UNSET:
            return farther
        return replace(farther, **{name: getattr(self, name) for name in self.names()})

    def names(self) -> tuple[str, ...]:
        """List what is set."""
        return tuple([name for name in NAMES if getattr(self, name) is not None])

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data: what is set; ``from_json`` reverses it."""
        made = {name: getattr(self, name) for name in self.names()}
        if self.stop is not None:
            made["stop"] = list(self.stop)
        return made

    def told(self) -> dict[str, Any]:
        """Give what may stand in a record: of headers and of the vendor's own fields, the names."""
        made = self.to_json()
        return {name: sorted(made[name]) if name in _TABLES else made[name] for name in made}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> ModelSettings:
        """Read what ``to_json`` wrote, or a person did.

        Raises:
            ValueError: A name is unknown, or a value out of its range.
        """
        unknown = sorted(set(raw) - set(NAMES))
        if unknown:
            raise ValueError(f"There is no model setting {unknown[0]}: use {', '.join(NAMES)}.")
        return cls(**raw)


NAMES: tuple[str, ...] = tuple(field.name for field in fields(ModelSettings))
UNSET = ModelSettings()
"""What nobody set: it is left to each model."""


def nearest(*layers: ModelSettings | None) -> ModelSettings | None:
    """Put settings together, the nearest first; None where nobody set anything."""
    made = UNSET
    for layer in layers:
        made = made.over(layer)
    return None if made is UNSET else made


def _wanted(name: str, value: Any) -> str:
    """Say what a setting may be where a value is none of it; empty where it is."""
    if name in _WORDS:
        return "" if value in _WORDS[name] else f"one of {', '.join(_WORDS[name])}"
    if name in _RANGES:
        least, most = _RANGES[name]
        fits = _is_number(value) and least <= value <= most
        return "" if fits else f"a number from {least:g} to {most:g}"
    if name in _COUNTS:
        fits = isinstance(value, int) and not isinstance(value, bool) and value >= _COUNTS[name]
        return "" if fits else "a whole number" + (" from 1" if _COUNTS[name] == 1 else "")
    if name in _FLAGS:
        return "" if isinstance(value, bool) else "true or false"
    if name in _TEXTS:
        return "" if isinstance(value, str) and value else "a word"
    if name in _TABLES:
        return _table_wanted(name, value)
    return "" if _are_stops(value) else f"1 to {_MOST_STOPS} texts, none of them empty"


def schema_of(name: str) -> dict[str, Any]:
    """Give the JSON schema of a setting's value, as ``ModelSettings`` takes it; null sets nothing.

    >>> schema_of("top_p")["anyOf"][0]
    {'type': 'number', 'minimum': 0, 'maximum': 1}
    """
    if name in _WORDS:
        made: dict[str, Any] = {"enum": list(_WORDS[name])}
    elif name in _RANGES:
        least, most = _RANGES[name]
        made = {"type": "number", "minimum": least, "maximum": most}
    elif name in _COUNTS:
        made = {"type": "integer", "minimum": _COUNTS[name]}
    elif name in _FLAGS:
        made = {"type": "boolean"}
    elif name in _TEXTS:
        made = {"type": "string", "minLength": 1}
    elif name in _TABLES:
        made = {"type": "object", "propertyNames": {"minLength": 1}}
        if name == "extra_headers":
            names = {"pattern": "^[!-9;-~]+(?!\\n)$"}
            made |= {"propertyNames": names, "additionalProperties": {"pattern": "^[ -~]*(?!\\n)$"}}
            made["additionalProperties"]["type"] = "string"
    else:
        text = {"type": "string", "minLength": 1}
        made = {"type": "array", "items": text, "minItems": 1, "maxItems": _MOST_STOPS}
    return {"anyOf": [made, {"type": "null"}]}


def _table_wanted(name: str, value: Any) -> str:
    if not isinstance(value, Mapping):
        return "a table"
    held = cast("Mapping[Any, Any]", value)
    if not all(isinstance(key, str) and key for key in held):
        return "a table whose names are texts"
    if name == "extra_headers" and not all(_is_header(k, v) for k, v in held.items()):
        return "a table of HTTP headers, name to text in one line"
    return ""


def _is_header(name: str, value: Any) -> bool:
    return (
        isinstance(value, str)
        and name.isascii()
        and value.isascii()
        and name.isprintable()
        and value.isprintable()
        and not set(name) & set(" :")
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _are_stops(value: Any) -> bool:
    if not isinstance(value, list | tuple):
        return False
    texts = cast("list[Any] | tuple[Any, ...]", value)
    return 1 <= len(texts) <= _MOST_STOPS and all(isinstance(t, str) and t for t in texts)
