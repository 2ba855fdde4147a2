"""Dataclasses as JSON: one writer and one reader for all that travels, or waits on a disk."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from batuta.core.message import Message
from batuta.core.model_settings import ModelSettings

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


def written(made: Any, leave_out: Collection[str] = ()) -> dict[str, Any]:
    """Turn a dataclass into JSON-able data; what is free-form in it is taken as it is.

    Args:
        leave_out: Names of fields that go another way.
    """
    return {f.name: _plain(getattr(made, f.name)) for f in fields(made) if f.name not in leave_out}


def read(kind: type[T], raw: Mapping[str, Any], **given: Any) -> T:
    """Make a dataclass of what ``written`` gave.

    Args:
        given: Values of the fields that went another way.

    Raises:
        ValueError: It is something else.
    """
    return _reader(kind).validate_python({**raw, **given})


def _plain(value: Any) -> Any:
    if isinstance(value, Message | ModelSettings):
        return value.to_json(content=True) if isinstance(value, Message) else value.to_json()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(cast("frozenset[str]", value))
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    if isinstance(value, list | tuple):
        return [_plain(each) for each in cast("list[Any]", value)]
    if is_dataclass(value) and not isinstance(value, type):
        return written(value)
    return value


@cache
def _reader(kind: type[T]) -> TypeAdapter[T]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
