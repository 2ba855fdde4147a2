"""What a tool gave to be awaited, iterated or read, taken once, so that all who look see the same.

A coroutine behind a plain wrapper, a generator, ``map``, an open file: whoever looked first would
use it up, or nobody would ever look.
"""

from __future__ import annotations

import inspect
from collections import UserList, deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterator,
    Mapping,
)
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import partial
from itertools import islice
from typing import Any, Protocol, cast

from batuta.core.redaction import MOST_CHARS

MOST_VALUES = 10_000
"""Most values that are taken of what may have no end."""

_MOST_WRITTEN = 1_000_000
_VAST = f"[cut: more than {_MOST_WRITTEN} values, most of them the same]"
_MORE = f"[cut: the first {MOST_VALUES} values]"
_NOTE = "… [cut: the file goes on]"
_ATOMS = frozenset({str, int, float, bool, type(None), bytes})
_HOLDERS = (dict, list, tuple, set, frozenset, deque, UserList, Mapping)
kind_of: Callable[[object], Any] = type
"""Gives the class of a value, of which no more is known."""
InThread = Callable[[Callable[[], Any]], Awaitable[Any]]


class Readable(Protocol):
    """An open file, or what wraps one."""

    def read(self, size: int, /) -> Any:
        """Read so much."""
        ...

    def readline(self) -> Any:
        """Read a line."""
        ...

    def close(self) -> None:
        """Let it go."""
        ...


def is_lazy(value: Any) -> bool:
    """Tell whether a value, or something in it, must be awaited, iterated or read.

    What stands in it so often that nobody could write it down must be cut, which is the same.
    """
    if type(value) in _ATOMS or _is_flat(value):
        return False
    try:
        return _has_lazy(value)
    except Exception:  # the boundary: a value's own code; whoever writes it down cuts it
        return False


def _has_lazy(value: Any) -> bool:
    seen: set[int] = set()
    shared = False
    left = [value]
    while left:
        each = left.pop()
        if type(each) in _ATOMS:
            continue
        if id(each) in seen:
            shared = True
            continue
        seen.add(id(each))
        held = _held(each)
        if held is not None:
            left += held.values() if isinstance(held, Mapping) else held
        elif _is_taken(each) or inspect.isawaitable(each) or isinstance(each, AsyncIterator):
            return True
    return shared and _is_vast(value)


async def awaited(value: Any, in_thread: InThread) -> Any:
    """Give what a value comes to: awaited, and its iterators and files as what they gave.

    Args:
        in_thread: Does plain work where it holds up nobody.
    """
    while is_lazy(value):
        if inspect.isawaitable(value):
            value = await value
        elif isinstance(value, AsyncIterator):
            value = await _values(cast("AsyncIterator[Any]", value))
        else:
            return await in_thread(partial(taken, value))
    return value


def taken(value: Any) -> Any:
    """Give a value with iterators and files in it replaced by what they give, as lists and text.

    What is to be awaited is left as it is where it is the whole, and given up within.
    """
    if not is_lazy(value) or inspect.isawaitable(value) or isinstance(value, AsyncIterator):
        return cast("Any", value)
    made = _taken(value, {})
    return _VAST if _is_vast(made) else made


def _is_vast(value: Any) -> bool:
    """Tell whether a value, written down as often as it stands in others, is without end.

    A list of twice the same list of twice the same list doubles with each: sixty fill no page of
    memory, and no machine could write them.
    """
    known: dict[int, int] = {}
    left = [(value, False)]
    while left:
        each, is_counted = left.pop()
        held = None if type(each) in _ATOMS else _held(each)
        if held is None:
            continue
        values = cast("Mapping[Any, Any]", held).values() if isinstance(held, Mapping) else held
        inner: list[Any] = list(values)
        if is_counted:
            known[id(each)] = 1 + sum(known.get(id(one), 1) for one in inner)
        elif id(each) not in known:
            known[id(each)] = 1
            left += [(each, True), *((one, False) for one in inner)]
    return known.get(id(value), 1) > _MOST_WRITTEN


def _taken(value: Any, known: dict[int, Any]) -> Any:
    """Take each thing once, however often it stands there; one in itself stays so.

    Args:
        known: What things came to, by their ids; they are kept with it, so that no id is reused.
    """
    if type(value) in _ATOMS:
        return value
    if id(value) in known:
        return known[id(value)][0]
    held = _held(value)
    if not _is_file(value) and _is_taken(value):
        held = _some(value)
    if isinstance(held, Mapping):
        named: dict[Any, Any] = {}
        known[id(value)] = (named, value)
        pairs = cast("Mapping[Any, Any]", held).items()
        named |= {name: _taken(each, known) for name, each in pairs}
        return named
    if held is not None:
        listed: list[Any] = []
        known[id(value)] = (listed, value)
        listed += [_taken(each, known) for each in held]
        return listed
    one = _content(value) if _is_file(value) else _given_up(value)
    known[id(value)] = (one, value)
    return one


def _is_flat(value: Any) -> bool:
    """Tell whether it is a mapping of what cannot be lazy, as most are."""
    return kind_of(value) is dict and _ATOMS.issuperset(map(type, value.values()))


def _held(value: Any) -> Any:
    """Give what stands in a builtin container, a dataclass or a model; None for anything else."""
    kind = cast("Any", type(value))
    if issubclass(kind, _HOLDERS):
        return value
    if is_dataclass(kind):
        return {each.name: getattr(value, each.name, None) for each in fields(kind)}
    return cast("Any", vars(value)) if hasattr(kind, "__pydantic_fields__") else None


def _is_taken(value: Any) -> bool:
    return isinstance(value, Iterator) or _is_file(value)


def _is_file(value: Any) -> bool:
    # Not by isinstance: from Python 3.12 on that does not see what a wrapper hands on.
    try:
        return all(map(callable, (value.read, value.readline, value.close)))
    except AttributeError:
        return False


def _some(values: Iterator[Any]) -> list[Any]:
    made = list(islice(values, MOST_VALUES))
    if len(made) == MOST_VALUES and next(values, _END) is not _END:
        made.append(_MORE)
    if isinstance(values, Generator):
        values.close()
    return made


async def _values(values: AsyncIterator[Any]) -> list[Any]:
    made: list[Any] = []
    async for each in values:
        if len(made) == MOST_VALUES:
            made.append(_MORE)
            break
        made.append(each)
    if isinstance(values, AsyncGenerator):
        await cast("AsyncGenerator[Any]", values).aclose()
    return made


def _content(file: Readable) -> Any:
    """Read what is left of a file, and close it."""
    most = MOST_CHARS - len(_NOTE)
    try:
        made = file.read(most + 1)
    except Exception as error:  # the boundary: it is closed, or write-only, or its own code fails
        return f"[cut: a file that cannot be read: {type(error).__name__}]"
    finally:
        with suppress(Exception):
            file.close()
    return f"{made[:most]}{_NOTE}" if isinstance(made, str) and len(made) > most else made


def _given_up(value: Any) -> Any:
    """Let go of what is to be awaited within something, which nobody does."""
    kind = cast("Any", type(value))
    if inspect.iscoroutine(value):
        value.close()
    elif not inspect.isawaitable(value) and not isinstance(value, AsyncIterator):
        return value
    return f"[cut: {kind.__name__}, which nobody awaits]"


_END = object()
