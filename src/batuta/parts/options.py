"""What the options of a composition must be, whichever it is."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

_WHOLE, _NUMBER = "int", "float"


def check_options(made: Any) -> None:
    """Refuse text, or a fraction, where an option is a number, and a limit that lets nobody work.

    Args:
        made: A dataclass; what its fields are declared as says what they must be.

    Raises:
        ValueError: An option is no number, ``limit`` is below 1, or ``timeout_s`` not above 0.
    """
    for field in fields(made):
        wanted, *or_none = str(field.type).split(" | ")
        value: object = getattr(made, field.name)
        if wanted not in {_WHOLE, _NUMBER} or (value is None and or_none):
            continue
        fits = isinstance(value, int if wanted == _WHOLE else (int, float))
        if not fits or isinstance(value, bool):
            kind = "a whole number" if wanted == _WHOLE else "a number"
            raise ValueError(f"{field.name} must be {kind}, not {value!r}.")
    limit: int | None = getattr(made, "limit", None)
    if limit is not None and limit < 1:
        raise ValueError("limit must be 1 or more, or None for no limit.")
    timeout_s: float | None = getattr(made, "timeout_s", None)
    if timeout_s is not None and not timeout_s > 0:
        raise ValueError("timeout_s must be above 0, or None for the run's time.")
