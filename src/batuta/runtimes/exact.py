"""Values and exceptions as JSON, so that a later attempt has exactly what the first one had."""

from __future__ import annotations

import base64
import datetime as dt
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any, cast
from uuid import UUID

from batuta.core.attachment import Attachment, AttachmentBytes

_KIND = "$"
_DEEPEST = 20
_READ_FROM_TEXT: dict[str, Any] = {
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "decimal": Decimal,
    "uuid": UUID,
    "float": float,
    "bytes": base64.b64decode,
    "attachment": AttachmentBytes.of_base64,
}
_MADE_OF: dict[str, Any] = {"tuple": tuple, "set": set, "frozenset": frozenset}
_BUILTIN_FIELDS = (MemberDescriptorType, GetSetDescriptorType)
_NOT_FIELDS = {"args", "__dict__", "__weakref__"}


class NotExactError(Exception):
    """Something cannot be written so that it comes back as it was."""


def encode(value: Any, depth: int = 0) -> Any:
    """Turn a value into JSON-able data that ``decode`` makes the same of.

    Raises:
        NotExactError: It is of a kind that cannot be.
    """
    if depth > _DEEPEST:
        raise NotExactError("it is too deep")
    kind = cast("Any", type(value))
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return value if value - value == 0 else {_KIND: "float", "v": repr(value)}
    if kind is list:
        return [encode(item, depth + 1) for item in cast("list[Any]", value)]
    if kind is dict:
        return _mapping(cast("dict[Any, Any]", value), depth)
    if kind in _MADE_OF.values():
        items = [encode(item, depth + 1) for item in cast("Sequence[Any]", value)]
        return {_KIND: kind.__name__, "v": items}
    return _tagged(value, depth)


def _mapping(value: dict[Any, Any], depth: int) -> Any:
    if all(isinstance(key, str) for key in value) and _KIND not in value:
        return {key: encode(item, depth + 1) for key, item in value.items()}
    pairs = [[encode(k, depth + 1), encode(item, depth + 1)] for k, item in value.items()]
    return {_KIND: "dict", "v": pairs}


def _tagged(value: Any, depth: int) -> dict[str, Any]:
    kind = cast("Any", type(value))
    if kind is bytes:
        return {_KIND: "bytes", "v": base64.b64encode(value).decode()}
    if kind is AttachmentBytes:
        return {_KIND: "attachment", "v": value.base64}
    if kind in (dt.datetime, dt.date, dt.time):
        return {_KIND: kind.__name__, "v": value.isoformat()}
    if kind is dt.timedelta:
        return {_KIND: "timedelta", "v": [value.days, value.seconds, value.microseconds]}
    if kind in (Decimal, UUID):
        return {_KIND: kind.__name__.lower(), "v": str(value)}
    if isinstance(value, Enum):
        return {_KIND: "enum", **_named(kind), "v": value.name}
    if isinstance(value, BaseException):
        return encode_error(value, depth + 1)
    if is_dataclass(value):
        held = {f.name: encode(getattr(value, f.name), depth + 1) for f in fields(value)}
        return {_KIND: "dataclass", **_named(kind), "v": held}
    raise NotExactError(f"{kind.__name__} cannot be written down")


def decode(data: Any) -> Any:
    """Make what ``encode`` was given.

    Raises:
        NotExactError: A class of it is not here any more.
    """
    if isinstance(data, list):
        return [decode(item) for item in cast("list[Any]", data)]
    if not isinstance(data, dict):
        return data
    raw = cast("dict[str, Any]", data)
    kind = raw.get(_KIND)
    if kind is None:
        return {key: decode(item) for key, item in raw.items()}
    if kind in _READ_FROM_TEXT:
        return _READ_FROM_TEXT[kind](raw["v"])
    if kind in _MADE_OF:
        return _MADE_OF[kind](decode(raw["v"]))
    if kind == "dict":
        return {decode(key): decode(item) for key, item in raw["v"]}
    if kind == "timedelta":
        return dt.timedelta(*raw["v"])
    return _of_class(kind, raw)


def _of_class(kind: str, raw: Mapping[str, Any]) -> Any:
    if kind == "error":
        return decode_error(raw)
    found = _class(raw)
    if kind == "enum":
        return found[raw["v"]]
    made = object.__new__(found)
    for name, item in raw["v"].items():
        object.__setattr__(made, name, decode(item))
    return made


def _named(kind: type[Any]) -> dict[str, str]:
    return {"module": kind.__module__, "class": kind.__qualname__}


def _class(raw: Mapping[str, Any]) -> Any:
    """Find a class that is loaded here; nothing is imported for it."""
    found: Any = sys.modules.get(raw["module"])
    for name in raw["class"].split("."):
        found = getattr(found, name, None)
    if not isinstance(found, type):
        raise NotExactError(f"there is no {raw['class']} in {raw['module']} here")
    return found


def with_bytes(value: Any) -> Any:
    """Give a value whose bytes are kept as bytes; one that has none is given back as it is."""
    if not _has_bytes(value):
        return value
    try:
        return {_KIND: "value", "v": encode(value)}
    except NotExactError:
        return value


def without_bytes(data: Any) -> tuple[bool, Any]:
    """Read what ``with_bytes`` gave: whether it had bytes, and the value."""
    if isinstance(data, dict):
        raw = cast("dict[str, Any]", data)
        if raw.get(_KIND) == "value":
            return True, decode(raw["v"])
    return False, cast("Any", data)


def _has_bytes(value: Any) -> bool:
    if isinstance(value, (bytes, bytearray, Attachment)):
        return True
    if isinstance(value, Mapping):
        return any(map(_has_bytes, cast("Mapping[Any, Any]", value).values()))
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(map(_has_bytes, cast("Sequence[Any]", value)))
    return False


def encode_error(error: BaseException, depth: int = 0) -> dict[str, Any]:
    """Turn an exception, with its causes, into JSON-able data; see ``decode_error``.

    Raises:
        NotExactError: It would not come back as it is.
    """
    written = _error(error, depth)
    if depth == 0 and _error(decode_error(written), depth) != written:
        raise NotExactError(f"{type(error).__name__} is not made anew as it is")
    return written


def _error(error: BaseException, depth: int) -> dict[str, Any]:
    if depth > _DEEPEST:
        raise NotExactError("it has too many causes")
    chained = (("cause", error.__cause__), ("context", error.__context__))
    return {
        _KIND: "error",
        **_named(type(error)),
        "text": str(error),
        "args": encode(list(error.args), depth + 1),
        "state": encode(dict(vars(error)), depth + 1),
        "fields": {n: encode(v, depth + 1) for n, v in _fields(error).items()},
        "suppress": error.__suppress_context__,
        **{n: None if e is None else encode_error(e, depth + 1) for n, e in chained},
    }


def _fields(error: BaseException) -> dict[str, Any]:
    """Give what Python's own exceptions hold beside their arguments, such as ``filename``."""
    found: dict[str, Any] = {}
    for kind in type(error).__mro__:
        if kind.__module__ == "builtins" and kind not in (BaseException, object):
            for name, held in vars(kind).items():
                if isinstance(held, _BUILTIN_FIELDS) and name not in _NOT_FIELDS:
                    value: Any = getattr(error, name, None)
                    found[name] = list(value) if name == "exceptions" else value
    return found


def decode_error(raw: Mapping[str, Any]) -> BaseException:
    """Make the exception that was written.

    Raises:
        NotExactError: It cannot be made here as it was.
    """
    kind = _class(raw)
    given, held = decode(raw["args"]), decode(raw["fields"])
    try:
        error = _made(kind, given, held)
        error.args = tuple(given)
        for name, value in held.items():
            if getattr(error, name, None) != value and name != "exceptions":
                setattr(error, name, value)
    except (AttributeError, TypeError, ValueError) as failed:
        raise NotExactError(f"{raw['class']} cannot be made anew: {failed}") from failed
    vars(error).update(decode(raw["state"]))
    error.__cause__ = None if raw["cause"] is None else decode_error(raw["cause"])
    error.__context__ = None if raw["context"] is None else decode_error(raw["context"])
    error.__suppress_context__ = raw["suppress"]
    if str(error) != raw["text"]:
        raise NotExactError(f"{raw['class']} says something else now")
    return error


def _made(kind: Any, given: Sequence[Any], held: Mapping[str, Any]) -> BaseException:
    if "exceptions" in held:
        return kind.__new__(kind, held["message"], held["exceptions"])
    if kind.__module__ == "builtins":
        return kind(*given)
    # Its constructor may take something else than it handed on.
    return kind.__new__(kind, *given)
