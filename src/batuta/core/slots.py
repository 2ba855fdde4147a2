"""Frozen dataclasses that are made by the thousand: how their fields are set, and copied."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast

Made = TypeVar("Made")


def direct_init(cls: type[Made]) -> type[Made]:
    """Let a frozen dataclass with slots be filled at the price of one that is not frozen.

    What ``dataclass`` writes goes through ``object.__setattr__`` for each field, which takes four
    times as long. Here an object is of a class with the same slots and no guard until it is full.
    Signature, defaults and immutability stay what they were.
    """
    slow = cls.__init__
    scope: dict[str, Any] = {"made": cls, "unguarded": _unguarded(cls), "DEFAULT": _Default.MADE}
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


def replace(made: Made, /, **changes: Any) -> Made:
    """Do what ``dataclasses.replace`` does, at a sixth of its price where nothing is to be checked.

    Raises:
        AttributeError, TypeError: It has no such field.
    """
    return _copier(type(made))(made, changes)


def _unguarded(cls: type[Any]) -> type[Any]:
    """Make a class of the same slots that lets them be set."""
    return type(cls.__name__, (), {"__slots__": tuple(each.name for each in fields(cls))})


@cache
def _copier(cls: type[Any]) -> Callable[[Any, Mapping[str, Any]], Any]:
    own = vars(cls)
    if "__slots__" not in own or cls.__base__ is not object or "__post_init__" in own:
        return lambda one, changes: dataclasses.replace(one, **changes)
    scope = {"made": cls, "unguarded": _unguarded(cls), "become": object.__setattr__}
    lines = (
        "def copied(one, changes):",
        " copy = made.__new__(made)",
        " become(copy, '__class__', unguarded)",
        *(f" copy.{each.name} = one.{each.name}" for each in fields(cls)),
        " for name in changes: setattr(copy, name, changes[name])",
        " copy.__class__ = made",
        " return copy",
    )
    exec("\n".join(lines), scope)  # noqa: S102 - of the class's own field names, as dataclass does
    return cast("Callable[[Any, Mapping[str, Any]], Any]", scope["copied"])


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
