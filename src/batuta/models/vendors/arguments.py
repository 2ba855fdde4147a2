"""A call's arguments as servers really send them: JSON text, an object, null, JSON in JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

_MOST_WRAPPED = 3


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
            break
    return Arguments({}, raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False))
