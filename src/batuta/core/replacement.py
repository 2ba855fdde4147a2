"""Copies of frozen dataclasses with some fields changed, where they are made by the thousand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar, cast

Made = TypeVar("Made")


def replace(made: Made, /, **changes: Any) -> Made:
    """Do what ``dataclasses.replace`` does, at a sixth of its price where nothing is to be checked.

    Raises:
        AttributeError, TypeError: It has no such field.
    """
    return _copier(type(made))(made, changes)


@cache
def _copier(cls: type[Any]) -> Callable[[Any, Mapping[str, Any]], Any]:
    """Write what copies an object slot by slot, while it is of a class without the guard."""
    own = vars(cls)
    if "__slots__" not in own or cls.__base__ is not object or "__post_init__" in own:
        return lambda one, changes: dataclasses.replace(one, **changes)
    names = tuple(each.name for each in dataclasses.fields(cls))
    unguarded = type(cls.__name__, (), {"__slots__": names})
    scope = {"made": cls, "unguarded": unguarded, "become": object.__setattr__}
    lines = (
        "def copied(one, changes):",
        " copy = made.__new__(made)",
        " become(copy, '__class__', unguarded)",
        *(f" copy.{name} = one.{name}" for name in names),
        " for name in changes: setattr(copy, name, changes[name])",
        " copy.__class__ = made",
        " return copy",
    )
    exec("\n".join(lines), scope)  # noqa: S102 - of the class's own field names, as dataclass does
    return cast("Callable[[Any, Mapping[str, Any]], Any]", scope["copied"])
