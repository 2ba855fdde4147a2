"""Schemas as each vendor takes them; what they say of values stays as their author meant it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

Schema = Mapping[str, Any]
_DEFINITIONS = ("$defs", "definitions")
_NAMED = ("properties", "patternProperties", *_DEFINITIONS)
_LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = ("items", "not", "contains", "additionalProperties", "if", "then", "else")
# What OpenAI's strict mode does not take, by its guide to structured outputs (read 2026-11).
_NOT_STRICT = frozenset(
    "patternProperties propertyNames minProperties maxProperties unevaluatedProperties "
    "unevaluatedItems contains minContains maxContains uniqueItems prefixItems oneOf allOf not if "
    "then else dependentRequired dependentSchemas $dynamicRef default".split()
)
_FORMATS = frozenset("date-time time date duration email hostname ipv4 ipv6 uuid".split())
_LOOK_AROUND = ("(?=", "(?!", "(?<")
_DEEPEST = 10
# Servers that hold a model to a schema take ``format: time`` for RFC 3339, which forces seconds and
# a zone that nobody said. An anchored pattern of plain classes is followed by all of them.
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"
_DAY = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_WRITTEN = {
    "time": f"^{_CLOCK}(:[0-5][0-9])?$",
    "date-time": f"^{_DAY}T{_CLOCK}(:[0-5][0-9])?(Z|[+-]{_CLOCK})?$",
}
# What llama.cpp cannot read, and takes any text for.
_CLASSES = {r"\d": "0-9", r"\w": "A-Za-z0-9_"}
_CLASS = re.compile(r"\\[dw]|\\.|\[\^?\]?|\]", re.DOTALL)
_TYPED = frozenset("type $ref anyOf enum const".split())


def plain(schema: Schema) -> dict[str, Any]:
    """Leave out the titles, which tell a model nothing that its fields' names do not.

    A time of day is asked for by a pattern, as a person writes it.
    """
    return {k: v for k, v in _walked(schema).items() if k != "$schema"}


def followed(schema: Schema) -> dict[str, Any]:
    """Give a schema with the patterns that servers which hold a model to it can follow."""
    made = plain(schema)
    for node, _ in _nodes(made, 0):
        if isinstance(pattern := node.get("pattern"), str):
            node["pattern"] = anchored(pattern)
    return made


def anchored(pattern: str) -> str:
    r"""Write a pattern that is looked for anywhere as one of the whole text, in plain classes.

    >>> anchored(r"^\d{2}[\w-]"), anchored("ab$")
    ('^[0-9]{2}[A-Za-z0-9_-].*$', '^.*ab$')
    """
    if any(mark in pattern for mark in _LOOK_AROUND) or "|" in _outside_groups(pattern):
        return pattern
    written = _plain_classes(pattern)
    opened = written if written.startswith("^") else f"^.*{written}"
    closed = opened.endswith("$") and not opened.endswith(r"\$")
    return opened if closed else f"{opened}.*$"


def _plain_classes(pattern: str) -> str:
    within = False

    def write(found: re.Match[str]) -> str:
        nonlocal within
        mark = found[0]
        if mark in _CLASSES:
            return _CLASSES[mark] if within else f"[{_CLASSES[mark]}]"
        within = within if mark.startswith("\\") else mark.startswith("[")
        return mark

    return _CLASS.sub(write, pattern)


def _outside_groups(pattern: str) -> str:
    """Give what stands in no group and in no class: an alternative there has its own anchors."""
    depth, within, kept = 0, False, ""
    for mark in re.findall(r"\\.|.", pattern, re.DOTALL):
        within = (within or mark == "[") and mark != "]"
        depth += (mark == "(") - (mark == ")") if not within else 0
        kept += mark if not depth and not within else ""
    return kept


def strict(schema: Schema) -> dict[str, Any] | None:
    """Give a schema in the form that OpenAI holds a model to; None where that changes it."""
    made = plain(schema)
    for node, depth in _nodes(made, 0):
        if depth > _DEEPEST or not _fits_strict(node):
            return None
        if node.get("type") == "object":
            node["additionalProperties"] = False
    return made if made.get("type") == "object" else None


def _fits_strict(node: dict[str, Any]) -> bool:
    if _NOT_STRICT & node.keys() or not _TYPED & node.keys():
        return False
    if node.get("format") not in {None, *_FORMATS}:
        return False
    if any(mark in str(node.get("pattern", "")) for mark in _LOOK_AROUND):
        return False
    if node.get("type") == "array" and not isinstance(node.get("items"), dict):
        return False
    if node.get("type") != "object":
        return not isinstance(node.get("type"), list) or "object" not in node["type"]
    fields = node.get("properties")
    return (
        isinstance(fields, dict)
        and node.get("additionalProperties", False) is False
        and set(cast("dict[str, Any]", fields)) == set(node.get("required", ()))
    )


def inlined(schema: Schema) -> dict[str, Any]:
    """Write a schema plainly, each definition where it is referred to."""
    return without_references(plain(schema))


def without_references(schema: Schema) -> dict[str, Any]:
    """Put each definition where it is referred to; a schema that holds itself stays as it is."""
    made = dict(schema)
    definitions = {
        f"#/{key}/{name}": node for key in _DEFINITIONS for name, node in made.get(key, {}).items()
    }
    if not definitions:
        return made
    try:
        whole = _replaced(made, definitions, ())
    except RecursionError:
        return made
    return {k: v for k, v in whole.items() if k not in _DEFINITIONS}


def _replaced(node: Any, definitions: Mapping[str, Any], within: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_replaced(each, definitions, within) for each in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    held = cast("dict[str, Any]", node)
    target = held.get("$ref")
    if isinstance(target, str) and target in definitions:
        if target in within:
            raise RecursionError(target)
        rest = {k: v for k, v in held.items() if k != "$ref"}
        return {**_replaced(definitions[target], definitions, (*within, target)), **rest}
    return {
        k: v if k in _DEFINITIONS else _replaced(v, definitions, within) for k, v in held.items()
    }


def _walked(schema: Schema) -> dict[str, Any]:
    """Copy a schema without titles; a property called ``title`` is none."""
    made: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "title" and isinstance(value, str):
            continue
        if key in _NAMED and isinstance(value, Mapping):
            named = cast("Mapping[str, Any]", value)
            made[key] = {name: _walked_node(node) for name, node in named.items()}
        elif key in _LISTED and isinstance(value, list | tuple):
            made[key] = [_walked_node(node) for node in cast("list[Any]", value)]
        elif key in _SINGLE:
            made[key] = _walked_node(value)
        else:
            made[key] = value
    if made.get("format") in _WRITTEN and "pattern" not in made:
        made["pattern"] = _WRITTEN[made.pop("format")]
    return made


def _walked_node(node: Any) -> Any:
    return _walked(cast("Schema", node)) if isinstance(node, Mapping) else node


def _nodes(node: dict[str, Any], depth: int) -> Iterator[tuple[dict[str, Any], int]]:
    """Give every schema within a schema, with the count of objects around it."""
    yield node, depth
    inner = depth + (node.get("type") == "object")
    for key in (*_NAMED, *_LISTED, *_SINGLE):
        held: Any = node.get(key)
        if isinstance(held, dict) and key in _NAMED:
            held = list(cast("dict[str, Any]", held).values())
        listed = cast("list[Any]", held) if isinstance(held, list) else [cast("Any", held)]
        for each in listed:
            if isinstance(each, dict):
                yield from _nodes(cast("dict[str, Any]", each), inner)
