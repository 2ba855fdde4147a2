"""A call's arguments as servers really send them: JSON text, an object, null, JSON in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from batuta.models.vendors.reasoning import without_thoughts

_MOST_WRAPPED = 3
_FENCED = re.compile(r"```[a-z]*\s*\n(.*?)\n?\s*```", re.DOTALL | re.IGNORECASE)
_DECODER = json.JSONDecoder()


class Arguments(NamedTuple):
    """What was read.

    Args:
        invalid: The raw text where it is no JSON object, else None.
    """

    given: dict[str, Any]
    invalid: str | None = None


def arguments_of(raw: object) -> Arguments:
    r"""Read arguments; nothing, ``null`` and an empty text are an empty object.

    >>> arguments_of('"{\\"day\\": \\"Monday\\"}"').given
    {'day': 'Monday'}
    >>> arguments_of('{"day": ').invalid
    '{"day": '
    """
    value: object = raw
    for _ in range(_MOST_WRAPPED):
        if value is None or value in ("", b""):
            return Arguments({})
        if isinstance(value, Mapping):
            return Arguments(dict(cast("Mapping[str, Any]", value)))
        if not isinstance(value, str):
            break
        if not value.strip():
            return Arguments({})
        try:
            value = json.loads(value)
        except ValueError:
            value = _mended(value)
            if value is None:
                break
    return Arguments({}, raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False))


def _mended(text: str) -> dict[str, Any] | None:
    r"""Read an object within what a server left around it: thoughts, a fence, a byte order mark.

    One that comes twice, or after the empty one that a stream began with, is one; two that differ
    are none, for nobody knows which is meant.

    >>> _mended('<think>Monday?</think>{"day": "Monday"}'), _mended('{}{"day": "Monday"}')
    ({'day': 'Monday'}, {'day': 'Monday'})
    >>> _mended('{"day": "Monday"}{"day": "Tuesday"}')
    """
    rest = text.removeprefix("\ufeff").strip()
    if not rest.startswith("{"):
        rest = without_thoughts(rest).strip()
    fenced = _FENCED.fullmatch(rest)
    rest = fenced[1].strip() if fenced is not None else rest
    found: list[dict[str, Any]] = []
    while rest:
        try:
            value, end = _DECODER.raw_decode(rest)
        except ValueError:
            return None
        if not isinstance(value, dict):
            return None
        if value and value not in found:
            found.append(cast("dict[str, Any]", value))
        rest = rest[end:].lstrip()
    return found[0] if len(found) == 1 else None
