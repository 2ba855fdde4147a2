"""What a tool gave, as a model reads it and as it is kept: JSON, whatever it was.

A tool has done its work when its result is written: what cannot be JSON is cut, and says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import import_module
from typing import Any, cast

from batuta.core.attachment import Attachment, AttachmentBytes
from batuta.core.iteration import kind_of
from batuta.core.redaction import MOST_CHARS, cut
from batuta.errors.public import without_internals

_MOST_DEPTH = 60
_MOST_DIGITS = 4_300
_AS_IT_IS = frozenset({bool, type(None)})
_SMALL = 1 << 63
_HUGE = re.compile(rb"\d{4301}")
_PLACE = re.compile(r" at 0x[0-9a-fA-F]+")


def result_text(result: Any) -> str:
    """Write a tool's result as a model reads it: text as it is, anything else as JSON.

    What is longer than a model should read is cut, and says so.
    """
    if type(result) is str and len(result) <= MOST_CHARS and result.isascii():
        return result
    is_text = issubclass(kind_of(result), str)  # a proxy may raise when it is asked for its class
    return cut(whole(str.__str__(result)) if is_text else _json(result).decode())


MAY_SHOW = frozenset({Attachment, list, tuple})
"""Types of results that images and files may be in."""


def shown_in(result: Any) -> tuple[Attachment, ...]:
    """Give the images and files in a tool's result: itself, or those in its list."""
    if kind_of(result) is Attachment:
        return (result,)
    held = cast("Sequence[Any]", result) if issubclass(kind_of(result), list | tuple) else ()
    return tuple([each for each in held if kind_of(each) is Attachment])


def shown_text(result: Any) -> str:
    """Write a result with images or files as a model reads it, beside them."""
    are_many = issubclass(kind_of(result), list | tuple)
    held = cast("Sequence[Any]", result) if are_many else (result,)
    told = [e.described() if kind_of(e) is Attachment else result_text(e) for e in held]
    return cut("\n".join(told))


def error_text(text: str, *, retry: bool) -> str:
    """Write a call's failure as a model reads it.

    Args:
        retry: Whether other arguments, or another try, can help.
    """
    told = {"error": whole(without_internals(text)), "retry": retry}
    return json.dumps(told, ensure_ascii=False)


def result_data(result: Any) -> Any:
    """Turn a tool's result into JSON-able data; what cannot be is cut, and says so."""
    kind = kind_of(result)
    if kind is dict and is_plain(result):
        return dict(result)
    return result if _is_simple(result) else _read(_json(result))


def result_shown(result: Any) -> Any:
    """Turn a tool's result into what a trace holds of it: JSON-able, and cut where too long."""
    if issubclass(kind_of(result), str):
        return result_text(result)
    if _is_simple(result):
        return result
    raw = _json(result)
    if len(raw) > MOST_CHARS and len(text := raw.decode()) > MOST_CHARS:
        return {"cut": cut(text)}
    return _read(raw)


def facts_text(result: Any) -> str:
    """Write a JSON-able result's facts as a person reads them."""
    if isinstance(result, str) or not isinstance(result, Mapping):
        return _fact(result)
    pairs = cast("Mapping[str, Any]", result).items()
    return ", ".join(f"{name.replace('_', ' ')} {_fact(value)}" for name, value in pairs)


def _fact(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def json_text(value: Any, *, compact: bool = False) -> str:
    """Write what is kept, or travels, as JSON: what is none in it becomes some, as in a result.

    Args:
        compact: Without spaces.
    """
    between = (",", ":") if compact else None
    try:
        return json.dumps(value, default=result_data, separators=between)
    except (TypeError, ValueError, RecursionError):  # keys, circles, depth, numbers without end
        return json.dumps(result_data(value), separators=between)


def whole(text: str) -> str:
    r"""Put U+FFFD for half characters, which no JSON that is sent can hold.

    File names and scraped texts have them.

    >>> whole("caf\udce9.txt")
    'caf�.txt'
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _is_simple(value: Any) -> bool:
    """Tell whether a value is JSON as it stands, without a look inside."""
    kind = kind_of(value)
    if kind is str:
        return value.isascii() or whole(value) is value
    if kind is int:
        return -_SMALL < value < _SMALL
    return kind in _AS_IT_IS or (kind is float and value - value == 0)


def is_plain(values: Any) -> bool:
    """Tell whether something is a mapping that is JSON as it stands, with nothing to look into."""
    if kind_of(values) is not dict:
        return False
    for name, value in values.items():
        if type(name) is not str or not name.isascii():
            return False
        kind = kind_of(value)
        if (kind is not str or not value.isascii()) and not _is_simple(value):
            return False
    return True


def _read(raw: bytes) -> Any:
    return _pydantic_core().from_json(raw)


def _json(value: Any) -> bytes:
    """Write a value as JSON: by pydantic at once, or piece by piece where it cannot."""
    core = _pydantic_core()
    try:
        made = core.to_json(value, **_ANY)
    except Exception:  # the boundary: a value's own code may raise anything while it is written
        return core.to_json(_piecewise(value, ()))
    if len(made) > _MOST_DIGITS and _HUGE.search(made):
        return core.to_json(_piecewise(value, ()))
    return made


def _piecewise(value: Any, around: tuple[int, ...]) -> Any:
    """Turn a value into JSON-able data where some of it cannot be; that part alone is cut.

    Args:
        around: Ids of what it stands in.
    """
    kind = kind_of(value)
    if issubclass(kind, str):
        return whole(str.__str__(value))
    if issubclass(kind, int) and kind is not bool:
        return int(value) if abs(value) < 10**_MOST_DIGITS else "[cut: a number without end]"
    if id(value) in around:
        return "[cut: it stands in itself]"
    if len(around) >= _MOST_DEPTH:
        return f"[cut: deeper than {_MOST_DEPTH}]"
    try:
        inner = _inner(value)
        if isinstance(inner, Mapping):
            pairs = cast("Mapping[Any, Any]", inner).items()
            return {_key(k): _piecewise(v, (*around, id(value))) for k, v in pairs}
        if inner is not None:
            return [_piecewise(each, (*around, id(value))) for each in inner]
        made = _pydantic_core().to_jsonable_python(value, **_ANY)
    except Exception as error:  # the boundary: a value's own code may raise anything
        return f"[cut: {type(value).__name__}, which cannot be written: {type(error).__name__}]"
    return made if _is_simple(made) else _piecewise(made, (*around, id(value)))


def _inner(value: Any) -> Mapping[Any, Any] | Iterable[Any] | None:
    """Give what stands in a value; None where it is written as one thing."""
    if isinstance(value, Mapping):
        return cast("Mapping[Any, Any]", value)
    if isinstance(value, Collection) and not isinstance(value, str | bytes | bytearray):
        return cast("Collection[Any]", value)
    kind = cast("Any", type(value))
    fields_of = getattr(kind, "__pydantic_fields__", None)
    if fields_of is not None:
        return {name: getattr(value, name) for name in fields_of}
    if is_dataclass(kind):
        return {each.name: getattr(value, each.name) for each in fields(kind)}
    return None


def _key(key: Any) -> str:
    made = result_data(key)
    return made if isinstance(made, str) else json.dumps(made)


def _other(value: Any) -> Any:
    """Give JSON for what pydantic does not know: what stands in it, or its own words."""
    if isinstance(value, AttachmentBytes):
        return None
    if isinstance(value, memoryview):
        return value.tobytes()
    if isinstance(value, Mapping):
        return dict(cast("Mapping[Any, Any]", value))
    if isinstance(value, Collection):
        return list(cast("Collection[Any]", value))
    kind = cast("Any", type(value))
    if callable(getattr(kind, "tolist", None)):  # arrays, and numbers out of them
        return value.tolist()
    if kind.__repr__ is object.__repr__ and kind.__str__ is object.__str__:
        return f"[cut: {kind.__name__}, which is no JSON]"
    return _PLACE.sub("", str(value))


_ANY: dict[str, Any] = {"fallback": _other, "bytes_mode": "base64", "inf_nan_mode": "strings"}


@cache
def _pydantic_core() -> Any:
    return import_module("pydantic_core")
