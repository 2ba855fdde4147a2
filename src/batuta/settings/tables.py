"""The tables of ``batuta.toml``, and the vendors' own environment variables."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from batuta.core.model_settings import ModelSettings
from batuta.core.price import Price
from batuta.core.redaction import Secret
from batuta.errors import ConfigError

# Of each vendor and field, the variables that may set it; the first that is set wins.
_VARIABLES: dict[str, dict[str, tuple[str, ...]]] = {
    "openai": {
        "key": ("BATUTA_OPENAI_KEY", "OPENAI_API_KEY"),
        "base_url": ("BATUTA_OPENAI_BASE_URL", "OPENAI_BASE_URL"),
    },
    "anthropic": {
        "key": ("BATUTA_ANTHROPIC_KEY", "ANTHROPIC_API_KEY"),
        "base_url": ("BATUTA_ANTHROPIC_BASE_URL", "ANTHROPIC_BASE_URL"),
    },
    # Keys for AWS are found by boto3 itself: variables, profiles, roles.
    "bedrock": {
        "base_url": ("BATUTA_BEDROCK_BASE_URL", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
        "region": ("BATUTA_BEDROCK_REGION", "AWS_REGION", "AWS_DEFAULT_REGION"),
        "guardrail": ("BATUTA_BEDROCK_GUARDRAIL",),
        "knowledge_bases": ("BATUTA_BEDROCK_KNOWLEDGE_BASES",),
    },
    "dynamodb": {
        "base_url": ("BATUTA_DYNAMODB_BASE_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"),
        "region": ("BATUTA_DYNAMODB_REGION", "AWS_REGION", "AWS_DEFAULT_REGION"),
    },
    "compatible": {
        "key": ("BATUTA_COMPATIBLE_KEY",),
        "base_url": ("BATUTA_COMPATIBLE_BASE_URL",),
    },
}
TABLES = ("mcp", "models", "model_settings", "placement", "prices", *_VARIABLES)
_MOST_PORT = 65_535
_FUNCTION = re.compile(r"lambda:[\w-]{1,64}(:[\w$-]{1,128})?", re.ASCII)
_PRICE_FIELDS = ("input_usd", "output_usd", "cached_usd", "cache_write_usd")


def vendor_variables() -> frozenset[str]:
    """Give the variables that set how vendors are reached."""
    each = (names for sources in _VARIABLES.values() for names in sources.values())
    return frozenset(name for names in each for name in names)


@dataclass(frozen=True, kw_only=True, slots=True)
class VendorSettings:
    """How to reach one vendor; what is empty is the vendor's own. A URL may hold a password.

    Args:
        guardrail: Of style H's agent, as ``id:version``.
        knowledge_bases: Of style H's agent: ``id: what to look for there``, with semicolons.
    """

    key: Secret = field(default_factory=Secret)
    base_url: str = field(default="", repr=False)
    region: str = ""
    guardrail: str = ""
    knowledge_bases: str = ""


def read_models(table: object) -> dict[str, str]:
    """Read ``[models]``: names of steps, specialists and styles to names of models.

    Raises:
        ConfigError: It is no table of texts.
    """
    made: dict[str, str] = {}
    for name, value in _table("models", table).items():
        if not isinstance(value, str) or not value.strip():
            raise _wrong(f"models.{name}", "the name of a model", f'{name} = "openai:gpt-5-mini"')
        made[name] = value.strip()
    return made


def read_model_settings(table: object) -> dict[str, ModelSettings]:
    """Read ``[model_settings.<name>]``: how the models of a step, specialist or style are asked.

    Raises:
        ConfigError: A setting is unknown, or a value out of its range.
    """
    made: dict[str, ModelSettings] = {}
    for name, fields in _table("model_settings", table).items():
        try:
            made[name] = ModelSettings.from_json(_table(f"model_settings.{name}", fields))
        except ValueError as error:
            raise ConfigError(
                f"Setting model_settings.{name} does not fit: {str(error).rstrip('.')}",
                "Mend it in batuta.toml.",
            ) from error
    return made


def read_placement(table: object) -> dict[str, dict[str, tuple[str, ...]]]:
    """Read ``[placement.<style>]``: names of agents to an address each, or a list of them.

    Args:
        table: As it stands in the file, or as JSON text in the environment.

    Raises:
        ConfigError: It is no table of tables, or an address is neither ``host:port`` nor
            ``lambda:function``.
    """
    made: dict[str, dict[str, tuple[str, ...]]] = {}
    if isinstance(table, str):
        try:
            table = json.loads(table)
        except ValueError as error:
            raise _wrong("placement", "JSON", '{"g": {"booking": "lambda:booking"}}') from error
    for style, agents in _table("placement", table).items():
        where = f"placement.{style}"
        made[style] = {}
        for agent, value in _table(where, agents).items():
            addresses = cast("list[Any]", value) if isinstance(value, list) else [value]
            if not addresses or not all(map(_is_address, addresses)):
                mend = f'{agent} = "127.0.0.1:50051", a list of such, or "lambda:{agent}"'
                raise _wrong(f"{where}.{agent}", "an address", mend)
            made[style][agent] = tuple(addresses)
    return made


def read_prices(table: object) -> dict[str, Price]:
    """Read ``[prices."provider:model"]``: US dollars for a million tokens.

    Raises:
        ConfigError: A field is unknown, missing, or no amount.
    """
    made: dict[str, Price] = {}
    for model, fields in _table("prices", table).items():
        where = f'prices."{model}"'
        given = _table(where, fields)
        unknown = sorted(set(given) - {*_PRICE_FIELDS, "source"})
        if unknown:
            raise _wrong(
                f"{where}.{unknown[0]}", "known", f"use {', '.join(_PRICE_FIELDS)}, source"
            )
        amounts = {name: _amount(where, name, given.get(name)) for name in _PRICE_FIELDS}
        inward, outward = amounts["input_usd"], amounts["output_usd"]
        if inward is None or outward is None:
            raise _wrong(where, "whole", "give input_usd and output_usd")
        made[model] = Price(
            inward,
            outward,
            str(given.get("source") or "batuta.toml"),
            amounts["cached_usd"],
            amounts["cache_write_usd"],
        )
    return made


def read_vendors(
    tables: Mapping[str, object], environment: Mapping[str, str]
) -> dict[str, VendorSettings]:
    """Read how to reach each vendor: its table, then its variables, which win.

    Raises:
        ConfigError: A field is unknown, or no text, or an address is no URL.
    """
    made: dict[str, VendorSettings] = {}
    for vendor, variables in _VARIABLES.items():
        given = _table(vendor, tables[vendor])
        unknown = sorted(set(given) - set(variables))
        if unknown:
            raise _wrong(f"{vendor}.{unknown[0]}", "known", f"use {', '.join(variables)}")
        found: dict[str, str] = {}
        for name, sources in variables.items():
            value = next((environment[v] for v in sources if environment.get(v)), given.get(name))
            if value is not None and not isinstance(value, str):
                raise _wrong(f"{vendor}.{name}", "text", f"or set {sources[-1]}")
            found[name] = (value or "").strip()
        if any(found.values()):
            made[vendor] = VendorSettings(
                key=Secret(_sendable(vendor, found.get("key", ""))),
                base_url=_url(f"{vendor}.base_url", found.get("base_url", "")),
                region=found.get("region", ""),
                guardrail=found.get("guardrail", ""),
                knowledge_bases=found.get("knowledge_bases", ""),
            )
    return made


def _is_address(value: object) -> bool:
    """Tell whether it is ``host:port``, a target as gRPC knows them, or ``lambda:function``."""
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return False
    if value.startswith("lambda:"):
        return _FUNCTION.fullmatch(value) is not None
    host, _, port = value.rpartition(":")
    return bool(host) and port.isdecimal() and 0 < int(port) <= _MOST_PORT


def _table(name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(name, "a table", f"write it as [{name}]")
    return cast("dict[str, Any]", value)


def _amount(where: str, name: str, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise _wrong(f"{where}.{name}", "an amount", "US dollars for a million tokens")
    return float(value)


def _sendable(vendor: str, key: str) -> str:
    """Refuse a key that no HTTP header can hold; says nothing of the key itself."""
    if not key.isascii() or not key.isprintable() or " " in key:
        raise _wrong(f"{vendor}.key", "a key: it has spaces or odd characters", "copy it anew")
    return key


def _url(name: str, value: str) -> str:
    if value and (not value.startswith(("http://", "https://")) or " " in value):
        raise _wrong(name, "a URL", "such as http://127.0.0.1:11434/v1")
    return value.rstrip("/")


def _wrong(name: str, wanted: str, mend: str) -> ConfigError:
    """Say what is wrong without the value, which may be a key in the wrong place."""
    return ConfigError(
        f"Setting {name} is not {wanted}", f"In batuta.toml or its variable: {mend}."
    )
