"""Looking into JSON Schemas: what a property is for, and values that are valid for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from batuta.core.identity_cache import cached_by_identity

Json = Mapping[str, Any]
_LISTED = (
    r"(?:[Oo]ne of:?|:|\() ?((?:[\w-]+(?: [\w-]+)?(?:,? or |,? and "
    r"|, ))+[\w-]+(?: [\w-]+)?)(?=[.);]|$)"
)
"""Values that a description lists."""


@dataclass(frozen=True, eq=False)
class Field:
    """One property of a schema, with its alternatives resolved.

    Args:
        kind: JSON type without null: string, integer, number, boolean, array, object.
        options: Values of its enum, empty where there is none.
        spec: The resolved schema itself.
    """

    name: str
    kind: str
    format: str
    description: str
    options: tuple[Any, ...]
    nullable: bool
    required: bool
    spec: Json

    @cached_property
    def is_date(self) -> bool:
        """Whether it takes a day."""
        return self.format == "date" or (
            self.kind == "string"
            and not self.format
            and bool(re.search(r"(^|_)(date|day)$", self.name))
        )

    @cached_property
    def is_time(self) -> bool:
        """Whether it takes a time of day."""
        return self.format == "time" or (
            self.kind == "string"
            and not self.format
            and bool(re.search(r"(^|_)time($|_)", self.name))
        )

    @cached_property
    def is_id(self) -> bool:
        """Whether it takes an identifier that only another tool's result holds."""
        return self.kind == "string" and bool(re.search(r"(^|_)ids?$", self.name))

    @cached_property
    def is_free(self) -> bool:
        """Whether it takes any text, such as a title."""
        special = self.is_id or self.is_date or self.is_time or self.format or self.options
        return self.kind == "string" and not special

    @cached_property
    def named(self) -> tuple[str, ...]:
        """The values that its enum allows, or that its description lists, as in "one of: a, b"."""
        if self.options or self.kind != "string" or self.format:
            return tuple(str(o) for o in self.options)
        listed = re.search(_LISTED, self.description)
        return tuple(re.split(r",? (?:or|and) |, ", listed[1])) if listed else ()

    @cached_property
    def words(self) -> str:
        """Name and description in lower case, for matching."""
        return f"{self.name.replace('_', ' ')} {self.description}".lower()

    @cached_property
    def spoken(self) -> str:
        """The name as said to a person."""
        return self.name.replace("_", " ").removesuffix(" id")


def _mapping(value: Any) -> Json:
    return cast("Json", value) if isinstance(value, Mapping) else {}


def _resolved(spec: Json, root: Json, depth: int = 0) -> tuple[Json, bool]:
    """Follow references and drop the null alternative; says whether null is allowed."""
    if depth > 8:
        return spec, False
    if isinstance(ref := spec.get("$ref"), str):
        target = _mapping(_mapping(root.get("$defs")).get(ref.rsplit("/", 1)[-1]))
        return _resolved(
            {**target, **{k: v for k, v in spec.items() if k != "$ref"}}, root, depth + 1
        )
    for key in ("anyOf", "oneOf", "allOf"):
        choices = [_mapping(c) for c in cast("list[Any]", spec.get(key) or [])]
        if choices:
            some = [c for c in choices if c.get("type") != "null"]
            rest = {k: v for k, v in spec.items() if k != key}
            inner, nullable = _resolved({**(some[0] if some else {}), **rest}, root, depth + 1)
            return inner, nullable or len(some) < len(choices)
    kinds = spec.get("type")
    if isinstance(kinds, list):
        names = cast("list[str]", kinds)
        plain = [k for k in names if k != "null"]
        return {**spec, "type": plain[0] if plain else "null"}, "null" in names
    return spec, False


def _kind(spec: Json, options: tuple[Any, ...]) -> str:
    if isinstance(kind := spec.get("type"), str):
        return kind
    sample = next((o for o in options if o is not None), "")
    names = {bool: "boolean", int: "integer", float: "number"}
    return names.get(
        cast("type[Any]", type(sample)), "object" if "properties" in spec else "string"
    )


@cached_by_identity
def fields_of(schema: Json) -> tuple[Field, ...]:
    """List the properties of an object schema in their order."""
    required = cast("list[str]", schema.get("required") or [])
    found: list[Field] = []
    for name, raw in _mapping(schema.get("properties")).items():
        spec, nullable = _resolved(_mapping(raw), schema)
        options = tuple(cast("list[Any]", spec.get("enum") or []))
        if "const" in spec:
            options = (spec["const"],)
        found.append(
            Field(
                name=name,
                kind=_kind(spec, options),
                format=str(spec.get("format") or ""),
                description=str(spec.get("description") or ""),
                options=tuple(o for o in options if o is not None),
                nullable=nullable or None in options,
                required=name in required,
                spec={**spec, "$defs": schema.get("$defs", {})},
            )
        )
    return tuple(found)


def fits(field: Field, value: Any) -> bool:
    """Say whether a value is valid for the field, as far as type, enum and bounds go."""
    if value is None:
        return field.nullable
    if field.options:
        return value in field.options
    if field.kind in ("integer", "number"):
        low, high = field.spec.get("minimum"), field.spec.get("maximum")
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and (low is None or value >= low) and (high is None or value <= high)
    kinds: dict[str, type[Any]] = {"string": str, "boolean": bool, "array": list, "object": dict}
    return isinstance(value, kinds.get(field.kind, object))


def empty(field: Field) -> Any:
    """Make the value that says the least and is still valid."""
    if field.nullable:
        return None
    if "default" in field.spec:
        return field.spec["default"]
    if field.options:
        return field.options[-1] if "other" in field.options else field.options[0]
    if field.kind == "object":
        return {f.name: empty(f) for f in fields_of(field.spec) if f.required}
    least = field.spec.get("minimum", 0)
    formats = {"date": "1970-01-01", "time": "00:00", "date-time": "1970-01-01T00:00:00"}
    text = formats.get(field.format, "")
    values: dict[str, Any] = {"integer": int(least), "number": least, "boolean": False, "array": []}
    return values.get(field.kind, text)
