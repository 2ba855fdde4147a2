"""A server's schema of arguments: whether it can be used, what a model sees of it, and checking."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

from batuta.core.redaction import cut

Faults = Callable[[Mapping[str, Any]], list[tuple[str, str]]]
"""Gives what is wrong with arguments: the argument at fault, or none, and why."""

_SHOWN = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MOST_CHARS = 50_000
_MOST_FAULTS = 8
_MOST_WORDS = 300
_PROBES: tuple[Any, ...] = ("", 0, {}, [])


class Unusable(Exception):
    """A schema that no model or checker can work with."""


def model_schema(given: Mapping[str, Any], *, without: Collection[str]) -> dict[str, Any]:
    """Give what a model sees of a schema.

    Args:
        without: Arguments that are filled in for it.

    Raises:
        Unusable: It describes no arguments by name, or is too large.
    """
    if given.get("type", "object") != "object":
        raise Unusable("its arguments are no object")
    properties: Any = given.get("properties") or {}
    if not isinstance(properties, dict):
        raise Unusable("its properties are no table")
    every = cast("dict[str, Any]", properties)
    shown = {name: each for name, each in every.items() if name not in without}
    odd = [name for name in shown if not _SHOWN.fullmatch(name)]
    if odd:
        raise Unusable(f"not every vendor takes an argument {odd[0][:80]!r}")
    made = {k: v for k, v in given.items() if k not in ("$schema", "$id", "properties", "required")}
    required: Any = given.get("required") or []
    if not isinstance(required, list):
        raise Unusable("its required is no list")
    wanted = [name for name in cast("list[Any]", required) if name not in without]
    made |= {"type": "object", "properties": shown}
    if wanted:
        made["required"] = wanted
    try:
        size = len(json.dumps(made))
    except (TypeError, ValueError, RecursionError) as error:
        raise Unusable("it is no JSON") from error
    if size > _MOST_CHARS:
        raise Unusable(f"its schema has {size} characters, more than {_MOST_CHARS}")
    return made


def checker_of(schema: Mapping[str, Any]) -> Faults:
    """Make what checks arguments against a schema; it fetches nothing that the schema refers to.

    Patterns are left to the server, whose own they are: one can take for ever.

    Raises:
        Unusable: It is no JSON Schema, or refers to what is not in it.
    """
    from jsonschema import Draft202012Validator, SchemaError, validators
    from referencing import Registry

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise Unusable(f"its schema is none: {cut(error.message, _MOST_WORDS)}") from error
    except (RecursionError, re.error) as error:
        raise Unusable(f"its schema is none: {type(error).__name__}") from error
    anything: Any = validators
    nothing_else: Any = Registry
    kind: Any = anything.extend(Draft202012Validator, {"pattern": _unchecked})
    validator: Any = kind(schema, registry=nothing_else())

    def faults(arguments: Mapping[str, Any]) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        try:
            for error in validator.iter_errors(arguments):
                found.append((str(next(iter(error.absolute_path), "")), _told(error)))
                if len(found) >= _MOST_FAULTS:
                    break
        except Exception as error:  # the boundary: a schema that is wrong shows it while it checks
            raise Unusable(f"its schema cannot be followed: {type(error).__name__}") from error
        return found

    faults({})
    for name in schema["properties"]:
        for value in _PROBES:
            faults({name: value})
    return faults


def _unchecked(*_: Any) -> None:
    """Leave it to the server."""


def _told(error: Any) -> str:
    return cut(str(error.message), _MOST_WORDS)
