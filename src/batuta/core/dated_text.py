"""Dates and times in what a model gives: text, as their JSON Schema says, and never a number.

pydantic (2.14) reads numbers for them, as seconds: 15 for a time of day is fifteen seconds past
midnight, and the text ``20260302`` for a moment is in 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from batuta.core.json_schema import json_schema_of
from batuta.core.weak_cache import weakly_cached

if TYPE_CHECKING:
    from pydantic import BaseModel

_Fault = tuple[tuple[str | int, ...], object, str]
"""Where a date is a number, which, and the format of its schema."""
_EXAMPLES = {
    "time": "15:00:00",
    "date": "2019-03-02",
    "date-time": "2019-03-02T15:00:00",
    "duration": "PT1H30M",
}
_STAMPS = frozenset({"date", "date-time"})
"""Formats for which digits alone are read as a number of seconds."""
_KINDS = frozenset({"time", "date", "datetime", "timedelta"})


@weakly_cached
def holds_dates(shape: type[BaseModel]) -> bool:
    """Tell whether a shape has dates, times or durations anywhere in it."""
    return _is_dated(shape.__pydantic_core_schema__)


def check_dates(shape: type[BaseModel], given: object) -> None:
    """See that dates in what was given, and was found to fit otherwise, are text.

    Raises:
        ValidationError: One is a number; names where it stands and how to write it.
    """
    schema = _schema_of(shape)
    whole = _Node(schema, schema.get("$defs", {}))
    faults = list(_misread(given, whole.at(schema)))
    if faults:
        raise _invalid(shape, faults)


@weakly_cached
def _schema_of(shape: type[BaseModel]) -> Mapping[str, Any]:
    return json_schema_of(shape)


def _is_dated(node: object) -> bool:
    """Look through a core schema, which is made of dictionaries, lists and tuples."""
    if isinstance(node, Mapping):
        tree = cast("Mapping[str, object]", node)
        return tree.get("type") in _KINDS or any(map(_is_dated, tree.values()))
    return isinstance(node, list | tuple) and any(map(_is_dated, cast("list[object]", node)))


class _Node(NamedTuple):
    """A part of a JSON Schema, with the definitions that it may refer to."""

    rule: Mapping[str, Any]
    shared: Mapping[str, Any]

    def at(self, rule: Mapping[str, Any]) -> _Node:
        """Give another part, where a reference leads."""
        reference = rule.get("$ref")
        found = rule if reference is None else self.shared[reference.rpartition("/")[2]]
        return _Node(found, self.shared)

    @property
    def choices(self) -> list[_Node]:
        """What it may be, where it is one of several things."""
        return [self.at(each) for each in self.rule.get("anyOf") or self.rule.get("oneOf") or ()]

    def parts(self, value: object) -> Iterator[tuple[str | int, object, _Node]]:
        """List what a value is made of, each with its place and what it must fit."""
        steps: Iterable[tuple[str | int, object]] = ()
        known: Mapping[str | int, Any] = {}
        others: Any = None
        if isinstance(value, Mapping):
            steps = cast("Mapping[str, object]", value).items()
            known, others = self.rule.get("properties", {}), self.rule.get("additionalProperties")
        elif isinstance(value, list | tuple):
            steps = enumerate(cast("list[object]", value))
            first = cast("list[Any]", self.rule.get("prefixItems", []))
            known, others = dict(enumerate(first)), self.rule.get("items")
        for step, under in steps:
            rule = known.get(step, others)
            if isinstance(rule, Mapping):
                yield step, under, self.at(cast("Mapping[str, Any]", rule))


def _misread(value: object, node: _Node, at: tuple[str | int, ...] = ()) -> Iterator[_Fault]:
    """List the dates that are numbers, each with its place and its format."""
    if choices := node.choices:
        tried = [list(_misread(value, each, at)) for each in choices if _fits(value, each.rule)]
        if tried and all(tried):
            yield from tried[0]
    elif _is_number_for(value, node.rule):
        yield at, value, node.rule["format"]
    else:
        for step, under, part in node.parts(value):
            yield from _misread(under, part, (*at, step))


def _is_number_for(value: object, schema: Mapping[str, Any]) -> bool:
    """Tell whether a value is a number, or digits that are read as one, where a date belongs."""
    wanted = schema.get("format")
    if wanted not in _EXAMPLES or schema.get("type") != "string":
        return False
    if isinstance(value, str):
        return wanted in _STAMPS and _is_digits(value)
    return isinstance(value, int | float)


def _is_digits(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _fits(value: object, schema: Mapping[str, Any]) -> bool:
    """Tell whether a value is of a schema's type, or would be read as its date."""
    wanted = schema.get("type")
    return wanted is None or wanted in _types(value) or _is_number_for(value, schema)


def _types(value: object) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("boolean",)
    if isinstance(value, int | float):
        return ("integer", "number")
    if isinstance(value, Mapping):
        return ("object",)
    if isinstance(value, list | tuple):
        return ("array",)
    return ("null",) if value is None else ("string",)


def _invalid(shape: type[BaseModel], faults: list[_Fault]) -> Exception:
    from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

    told = [
        InitErrorDetails(
            type=PydanticCustomError(
                "number_for_a_date",
                "give text such as {example}, not a number",
                {"example": _EXAMPLES[wanted]},
            ),
            loc=at,
            input=value,
        )
        for at, value, wanted in faults
    ]
    return ValidationError.from_exception_data(shape.__name__, told)
