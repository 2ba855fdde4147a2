"""Dataclasses that are made by the thousand: how their fields are set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from enum import Enum
from typing import Any, ParamSpec, TypeVar, cast

Made = TypeVar("Made")
Given = ParamSpec("Given")


new_list: Callable[[], list[Any]] = list
new_dict: Callable[[], dict[Any, Any]] = dict
new_set: Callable[[], set[Any]] = set
"""Make what is empty, for a field's default: ``list[str]()`` takes twenty times as long."""


def direct_init(cls: type[Made]) -> type[Made]:
    """Let a frozen dataclass with slots be filled at the price of one that is not frozen.

    What ``dataclass`` writes goes through ``object.__setattr__`` for each field, which takes four
    times as long. Here an object is of a class with the same slots and no guard until it is full.
    Signature, defaults and immutability stay what they were. A default that nobody changes is made
    once for all, where its field's metadata has ``shared``.
    """
    slow = cls.__init__
    scope: dict[str, Any] = {"made": cls, "unguarded": _unguarded(cls), "slow": slow}
    scope |= {"become": _become, "DEFAULT": _Default.MADE}
    given, put = _written(cls, scope)
    names = [each.name for each in _fields(cls) if each.init]
    lines = (
        f"def __init__(self, {', '.join(given)}):",
        " if type(self) is not made:",  # a subclass, which may have more to it
        *(f"  if {n} is DEFAULT: {n} = make_{n}()" for n in names if f"make_{n}" in scope),
        f"  return slow(self, {', '.join(f'{name}={name}' for name in names)})",
        " become(self, unguarded)",
        *(f" self.{line}" for line in put),
        " become(self, made)",
        *((" self.__post_init__()",) if "__post_init__" in vars(cls) else ()),
    )
    made = _compiled(lines, scope)
    made.__qualname__, made.__module__ = slow.__qualname__, slow.__module__
    made.__annotations__ = slow.__annotations__
    cls.__init__ = made
    return cls


def maker_of(cls: Callable[Given, Made]) -> Callable[Given, Made]:
    """Give a function that makes objects of a dataclass with slots as its class does, but faster.

    It takes what the class takes, and is for what every run makes: calling a class costs more than
    calling a function, and twice where it is frozen.
    """
    made = cast("type[Any]", cls)
    guarded = "__setattr__" in vars(made)
    scope: dict[str, Any] = {"made": made, "new": object.__new__, "DEFAULT": _Default.MADE}
    scope |= {"become": _become, "kind": _unguarded(made) if guarded else made}
    given, put = _written(made, scope)
    lines = (
        f"def make({', '.join(given)}):",
        " self = new(kind)",
        *(f" self.{line}" for line in put),
        *((" become(self, made)",) if guarded else ()),
        *((" self.__post_init__()",) if "__post_init__" in vars(made) else ()),
        " return self",
    )
    return _compiled(lines, scope)


_become: Callable[[Any, type[Any]], None] = object.__dict__["__class__"].__set__
"""What ``object.__setattr__(it, "__class__", kind)`` does."""


def _unguarded(cls: type[Any]) -> type[Any]:
    """Make a class with the same slots, whose fields anybody may set."""
    return type(cls.__name__, (), {"__slots__": tuple(each.name for each in _fields(cls))})


def _fields(cls: type[Any]) -> tuple[Field[Any], ...]:
    return fields(cls)


def _compiled(lines: tuple[str, ...], scope: dict[str, Any]) -> Any:
    names = set(scope)
    exec("\n".join(lines), scope)  # noqa: S102 - of the class's own field names, as dataclass does
    (made,) = (scope[name] for name in set(scope) - names - {"__builtins__"})
    return made


def _written(cls: type[Any], scope: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Write what is given and what is set; defaults go into the scope."""
    given: list[str] = []
    put: list[str] = []
    for each in _fields(cls):
        name = each.name
        if not each.init:
            scope[f"make_{name}"] = each.default_factory
            put.append(f"{name} = make_{name}()")
            continue
        if each.kw_only and "*" not in given:
            given.append("*")
        if each.default_factory is not MISSING and "shared" in each.metadata:
            scope[f"default_{name}"] = each.default_factory()
            given.append(f"{name}=default_{name}")
            put.append(f"{name} = {name}")
            continue
        if each.default_factory is not MISSING:
            scope[f"make_{name}"] = each.default_factory
            given.append(f"{name}=DEFAULT")
            put.append(f"{name} = make_{name}() if {name} is DEFAULT else {name}")
            continue
        if each.default is not MISSING:
            scope[f"default_{name}"] = each.default
        given.append(name if each.default is MISSING else f"{name}=default_{name}")
        put.append(f"{name} = {name}")
    return given, put


class _Default(Enum):
    """Stands in a signature for a default that is made for each object."""

    MADE = "made for each"
