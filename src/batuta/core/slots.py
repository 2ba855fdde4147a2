"""Frozen dataclasses that are made by the thousand: how their fields are set."""

from __future__ import annotations

from dataclasses import MISSING, fields
from enum import Enum
from typing import Any, TypeVar

Made = TypeVar("Made")


def direct_init(cls: type[Made]) -> type[Made]:
    """Let a frozen dataclass with slots be filled at the price of one that is not frozen.

    What ``dataclass`` writes goes through ``object.__setattr__`` for each field, which takes four
    times as long. Here an object is of a class with the same slots and no guard until it is full.
    Signature, defaults and immutability stay what they were.
    """
    names = tuple(each.name for each in fields(cls))  # pyright: ignore[reportArgumentType]
    unguarded = type(cls.__name__, (), {"__slots__": names})
    slow = cls.__init__
    scope: dict[str, Any] = {"made": cls, "unguarded": unguarded, "DEFAULT": _Default.MADE}
    scope |= {"become": object.__setattr__, "slow": slow}
    given, passed, put = _written(cls, scope)
    lines = (
        f"def __init__(self, {', '.join(given)}):",
        " if type(self) is not made:",  # a subclass, which may have more to it
        *(f"  if {n} is DEFAULT: {n} = make_{n}()" for n in passed if f"make_{n}" in scope),
        f"  return slow(self, {', '.join(f'{name}={name}' for name in passed)})",
        " become(self, '__class__', unguarded)",
        *(f" self.{line}" for line in put),
        " self.__class__ = made",
        *((" self.__post_init__()",) if "__post_init__" in vars(cls) else ()),
    )
    exec("\n".join(lines), scope)  # noqa: S102 - of the class's own field names, as dataclass does
    made = scope["__init__"]
    made.__qualname__, made.__module__ = slow.__qualname__, slow.__module__
    made.__annotations__ = slow.__annotations__
    cls.__init__ = made
    return cls


def _written(cls: type[Any], scope: dict[str, Any]) -> tuple[list[str], list[str], list[str]]:
    """Write what is given, what is passed on, and what is set; defaults go into the scope."""
    given: list[str] = []
    put: list[str] = []
    for each in fields(cls):
        name = each.name
        if each.kw_only and "*" not in given:
            given.append("*")
        if each.default_factory is not MISSING:
            scope[f"make_{name}"] = each.default_factory
            given.append(f"{name}=DEFAULT")
            put.append(f"{name} = make_{name}() if {name} is DEFAULT else {name}")
            continue
        if each.default is not MISSING:
            scope[f"default_{name}"] = each.default
        given.append(name if each.default is MISSING else f"{name}=default_{name}")
        put.append(f"{name} = {name}")
    return given, [each.name for each in fields(cls)], put


class _Default(Enum):
    """Stands in a signature for a default that is made for each object."""

    MADE = "made for each"
