"""What was made of a function or a class, kept for as long as that lives."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from types import FunctionType, MethodType
from typing import Any, TypeVar
from weakref import ref

Made = TypeVar("Made")
_KINDS = (FunctionType, type)
_Kept = tuple["ref[Any]", str | None, Made]
"""The thing, its docstring at the time, and what was made of it."""


def weakly_cached(make: Callable[[Any], Made]) -> Callable[[Any], Made]:
    """Make once for each function, method or class, and anew where its docstring has changed since.

    What is made must not hold the thing itself, which then would never go; of a method it must be
    the same whatever the method is bound to. Of anything else, such as an object that can be
    called, it is made each time.
    """
    kept: dict[int, _Kept[Made]] = {}
    kept_of_methods: dict[int, _Kept[Made]] = {}

    @wraps(make)
    def cached(of: Any) -> Made:
        key, known = of, kept
        if not isinstance(of, _KINDS):  # others may be equal and not the same
            if not isinstance(of, MethodType) or not isinstance(of.__func__, FunctionType):
                return make(of)
            key, known = of.__func__, kept_of_methods
        found = known.get(id(key))
        if found is None or found[0]() is not key or found[1] is not key.__doc__:
            gone = partial(_forget, known, id(key))
            found = known[id(key)] = (ref(key, gone), key.__doc__, make(of))
        return found[2]

    return cached


def _forget(known: dict[int, _Kept[Any]], key: int, whose: ref[Any]) -> None:
    """Forget what was made of a thing that is gone, unless another has its id by now."""
    found = known.get(key)
    if found is not None and found[0] is whose:
        del known[key]
