"""What was made of a function or a class, kept for as long as that lives."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import FunctionType, MethodType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

Made = TypeVar("Made")
_KINDS = (FunctionType, type)


def weakly_cached(make: Callable[[Any], Made]) -> Callable[[Any], Made]:
    """Make once for each function, method or class, and anew where its docstring has changed since.

    What is made must not hold the thing itself, which then would never go; of a method it must be
    the same whatever the method is bound to. Of anything else, such as an object that can be
    called, it is made each time.
    """
    kept: WeakKeyDictionary[Any, tuple[str | None, Made]] = WeakKeyDictionary()
    kept_of_methods: WeakKeyDictionary[Any, tuple[str | None, Made]] = WeakKeyDictionary()

    @wraps(make)
    def cached(of: Any) -> Made:
        key, known = of, kept
        if not isinstance(of, _KINDS):  # others may be equal and not the same
            if not isinstance(of, MethodType) or not isinstance(of.__func__, FunctionType):
                return make(of)
            key, known = of.__func__, kept_of_methods
        found = known.get(key)
        if found is None or found[0] is not key.__doc__:
            found = known[key] = (key.__doc__, make(of))
        return found[1]

    return cached
