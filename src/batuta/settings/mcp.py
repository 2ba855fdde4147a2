"""The tables ``[mcp.<name>]``: MCP servers whose tools an App uses as its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from batuta.errors import ConfigError

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_BOUND = ("principal.id", "principal.name", "run_id", "session_id", "time_zone")


@dataclass(frozen=True, kw_only=True, slots=True)
class McpServerSettings:
    """One of them; ``${NAME}`` in its texts is a variable of the environment.

    Args:
        bound: Argument to what fills it in: principal.id, principal.name, run_id, session_id or
            time_zone.
        specialists: Names of the App's specialists that use all of its tools.
    """

    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    cwd: str = ""
    url: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    allowed_tools: tuple[str, ...] | None = None
    prefix: str = ""
    effects: Mapping[str, str] = field(default_factory=dict[str, str])
    bound: Mapping[str, str] = field(default_factory=dict[str, str])
    images: bool = False
    timeout_s: float = 30.0
    connect_timeout_s: float = 20.0
    specialists: tuple[str, ...] = ()


def read_mcp(table: object, environment: Mapping[str, str]) -> dict[str, McpServerSettings]:
    """Read ``[mcp.<name>]``.

    Raises:
        ConfigError: A field is unknown or does not fit, or a variable is not set.
    """
    made: dict[str, McpServerSettings] = {}
    for name, fields in _table("mcp", table).items():
        where = f"mcp.{name}"
        given = _table(where, fields)
        if unknown := sorted(set(given) - set(_READERS)):
            known = ", ".join(_READERS)
            raise ConfigError(
                f"[{where}] has {', '.join(unknown)}, which nobody reads", f"Known: {known}."
            )
        values = {
            field: _READERS[field](
                f"{where}.{field}", _filled(f"{where}.{field}", raw, environment)
            )
            for field, raw in given.items()
        }
        made[name] = McpServerSettings(**values)
        strange = [each for each in made[name].bound.values() if each not in _BOUND]
        if strange:
            raise _wrong(f"{where}.bound", f"one of {', '.join(_BOUND)}")
    return made


def _filled(where: str, raw: Any, environment: Mapping[str, str]) -> Any:
    """Put variables of the environment into texts."""
    if isinstance(raw, str):

        def of(found: re.Match[str]) -> str:
            value = environment.get(found[1])
            if value is None:
                raise ConfigError(f"Setting {where} names {found[0]}, which is not set", "Set it.")
            return value

        return _VARIABLE.sub(of, raw)
    if isinstance(raw, list):
        return [_filled(where, each, environment) for each in cast("list[Any]", raw)]
    if isinstance(raw, dict):
        each = cast("dict[str, Any]", raw)
        return {name: _filled(where, value, environment) for name, value in each.items()}
    return raw


def _text(where: str, raw: Any) -> str:
    if not isinstance(raw, str):
        raise _wrong(where, "text")
    return raw


def _texts(where: str, raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(e, str) for e in cast("list[Any]", raw)):
        raise _wrong(where, "a list of texts")
    return tuple(cast("list[str]", raw))


def _pairs(where: str, raw: Any) -> dict[str, str]:
    each = _table(where, raw)
    if not all(isinstance(value, str) for value in each.values()):
        raise _wrong(where, "a table of texts")
    return each


def _switch(where: str, raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise _wrong(where, "true or false")
    return raw


def _seconds(where: str, raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or raw <= 0:
        raise _wrong(where, "a number of seconds above 0")
    return float(raw)


def _table(where: str, raw: Any) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise _wrong(where, "a table")
    return cast("dict[str, Any]", raw)


def _wrong(where: str, wanted: str) -> ConfigError:
    """Say what is wrong without the value, which may be a key."""
    return ConfigError(f"Setting {where} is not {wanted}", "Mend it in batuta.toml.")


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "command": _text,
    "args": _texts,
    "env": _pairs,
    "cwd": _text,
    "url": _text,
    "headers": _pairs,
    "allowed_tools": _texts,
    "prefix": _text,
    "effects": _pairs,
    "bound": _pairs,
    "images": _switch,
    "timeout_s": _seconds,
    "connect_timeout_s": _seconds,
    "specialists": _texts,
}
