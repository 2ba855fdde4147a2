"""What a model may give a tool: the shape that it is validated against, and its JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from datetime import date, datetime, time, timedelta
from enum import Enum
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    NamedTuple,
    Optional,  # pyright: ignore[reportDeprecated]
    Union,  # pyright: ignore[reportDeprecated]
    get_args,
    get_origin,
)

from batuta.core.dated_text import check_dates, holds_dates
from batuta.core.json_schema import json_schema_of
from batuta.core.signature import Signature, argument_texts, hints_of, signature_of
from batuta.core.tool_context import bound_of
from batuta.core.validation import validated
from batuta.core.weak_cache import weakly_cached
from batuta.errors import ConfigError

if TYPE_CHECKING:
    from pydantic import BaseModel

_SHOWN = re.compile(r"[A-Za-z0-9_.-]{1,64}")
"""Names of arguments that every vendor takes.

Source: Anthropic's API refuses other keys of ``input_schema.properties`` (2026-11).
"""
_SIMPLE = frozenset({str, int, float, bool, NoneType, Any, date, datetime, time, timedelta})
_HOLDERS = frozenset({list, dict, tuple, set, frozenset, UnionType, Union})  # pyright: ignore[reportDeprecated]


class Shape(NamedTuple):
    """What arguments are validated against.

    Args:
        renamed: Field to parameter, of those whose name no field can have.
        is_dated: Whether dates or times are among them.
    """

    model: type[BaseModel]
    renamed: Mapping[str, str]
    is_dated: bool

    def values(self, arguments: Any) -> dict[str, Any]:
        """Give a value for each parameter.

        Raises:
            ValueError: They do not fit, as pydantic tells it.
        """
        try:
            made = self.model.__pydantic_validator__.validate_python(arguments).__dict__
        except ValueError:
            made = dict(validated(self.model, arguments).__dict__)
        if self.is_dated:
            check_dates(self.model, arguments)
        if not self.renamed:
            return made
        return {self.renamed.get(name, name): value for name, value in made.items()}


@weakly_cached
def checked_signature(function: Callable[..., Any]) -> Signature:
    """Read a signature and see, once for each function, that a model can fill its parameters.

    Types that nobody can get wrong are not looked at further; those that stand further down in
    their module are, when they are first used.

    Raises:
        ConfigError: One cannot be filled; names tool and parameter.
    """
    declared = signature_of(function)
    try:
        hints, bound = hints_of(function), bound_of(function)
        plain = all(map(_is_plain, declared.defaults.values()))
        if plain and all(n in bound or _is_simple(hint) for n, hint in hints.items()):
            _check_shown(declared, [name for name in hints if name not in bound])
        else:
            arguments_schema(function)
    except ConfigError as error:
        if not _may_come(error.__cause__):
            raise
    return declared


@weakly_cached
def shape_of(function: Callable[..., Any]) -> Shape:
    """Make what a model's arguments are validated against.

    Raises:
        ConfigError: A parameter's type is one that no model can fill.
    """
    declared = signature_of(function)
    fields = _fields(function)
    renamed = {field: name for field, (name, _) in fields.items() if field != name}
    try:
        made = _model(declared.name, {field: told for field, (_, told) in fields.items()})
    except Exception as error:  # the boundary: a type's own code makes its schema
        raise _at_fault(declared, fields, error, make=_model) from error
    return Shape(made, renamed, holds_dates(made))


@weakly_cached
def arguments_schema(function: Callable[..., Any]) -> Mapping[str, Any]:
    """Make the JSON Schema of what a model may give.

    Raises:
        ConfigError: A parameter's type has none.
    """
    declared, shape = signature_of(function), shape_of(function)
    for field, (name, _) in _fields(function).items():
        if field not in shape.model.model_fields:  # a ClassVar, which pydantic leaves out
            raise _refused(declared, name, "it is no field", mend=_TYPES)
    try:
        schema = json_schema_of(shape.model)
    except Exception as error:  # the boundary: a type's own code makes its schema
        raise _at_fault(declared, _fields(function), error, make=_schema_alone) from error
    schema.pop("title", None)
    properties: dict[str, Any] = schema.setdefault("properties", {})
    for field in properties.values():
        field.pop("title", None)
    _check_shown(declared, list(properties))
    if len(properties) < len(shape.model.model_fields):
        raise _refused(declared, "its alias", "another has it too", mend=_RENAME)
    return schema


def _fields(function: Callable[..., Any]) -> dict[str, tuple[str, Any]]:
    """Give for each field of the shape its parameter, and what pydantic is told of it."""
    from pydantic import BaseModel, Field

    declared, hints, bound = signature_of(function), hints_of(function), bound_of(function)
    texts = argument_texts(declared.doc)
    fields: dict[str, tuple[str, Any]] = {}
    for name, given in declared.defaults.items():
        if name in bound:
            continue
        odd = name.startswith(("_", "model_")) or hasattr(BaseModel, name)
        hint, default = hints[name], _default(given)
        if name == declared.spread:
            hint, default = list[hint], Field(default_factory=list)
        hint = _described(hint, default, texts.get(name, ""))
        if given is None:
            hint = _or_none(hint)
        if odd and not _has_alias(hint, default):
            hint = Annotated[hint, Field(alias=name)]
        told = hint if default is ... else (hint, default)
        fields[_stand_in(len(fields), declared.defaults) if odd else name] = (name, told)
    return fields


def _stand_in(place: int, names: Collection[str]) -> str:
    """Give a field's name for a parameter whose own no field can have."""
    made = f"p{place}_"
    while made in names:
        made += "_"
    return made


def _default(given: Any) -> Any:
    """Give a default as pydantic takes it, which copies it for each call.

    What cannot be copied is shared by all calls, as Python shares it.
    """
    try:
        deepcopy(given)
    except Exception:  # the boundary: how a value is copied is its own code
        from pydantic import Field

        return Field(default_factory=lambda: given)
    return given


def _described(hint: Any, default: Any, text: str) -> Any:
    """Add a description: the author's own beside the type, a text beside it, or the docstring's."""
    from pydantic import Field
    from pydantic.fields import FieldInfo

    marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    told = [each for each in (*marks, default) if isinstance(each, FieldInfo)]
    if any(each.description for each in told):
        return hint
    text = text or next((mark for mark in marks if isinstance(mark, str)), "")
    return Annotated[hint, Field(description=text)] if text else hint


def _or_none(hint: Any) -> Any:
    """Let a parameter be None whose default is, as it may be left out."""
    base, *marks = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if base is Any or NoneType in get_args(base):
        return hint
    both: Any = Optional[base]  # pyright: ignore[reportDeprecated]  # noqa: UP045 - ForwardRef has no |
    return Annotated[both, *marks] if marks else both


def _has_alias(hint: Any, default: Any) -> bool:
    from pydantic.fields import FieldInfo

    marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return any(isinstance(each, FieldInfo) and each.alias for each in (*marks, default))


def _model(name: str, fields: Mapping[str, Any]) -> type[BaseModel]:
    from pydantic import ConfigDict, create_model
    from pydantic_core import SchemaError

    config = ConfigDict(extra="forbid", validate_by_name=True, validate_by_alias=True)
    given: dict[str, Any] = dict(fields)
    try:
        return create_model(name, __config__=config, **given)
    except SchemaError:  # such as a pattern that looks ahead, which Python's own engine knows
        return create_model(name, __config__={**config, "regex_engine": "python-re"}, **given)


def _schema_alone(name: str, fields: Mapping[str, Any]) -> object:
    return json_schema_of(_model(name, fields))


def _at_fault(
    declared: Signature,
    fields: Mapping[str, tuple[str, Any]],
    error: Exception,
    *,
    make: Callable[[str, Mapping[str, Any]], object],
) -> ConfigError:
    """Find which parameter cannot be, by making each alone, and say why."""
    for field, (name, told) in fields.items():
        try:
            make(declared.name, {field: told})
        except Exception as alone:  # the boundary: a type's own code makes its schema
            return _refused(declared, name, _first_line(alone), mend=_TYPES)
    every = ", ".join(name for name, _ in fields.values())
    return _refused(declared, every, _first_line(error), mend=_TYPES)


def _first_line(error: Exception) -> str:
    first, *more = str(error).strip().splitlines() or [type(error).__name__]
    told = more[-1].strip() if more and first.endswith(":") else first
    return told.partition(". ")[0].rstrip(". ")


def _refused(declared: Signature, name: str, why: str, *, mend: str) -> ConfigError:
    return ConfigError(f"Tool {declared.name}: parameter {name}: {why}", mend)


def _check_shown(declared: Signature, names: list[str]) -> None:
    for name in names:
        if not _SHOWN.fullmatch(name):
            raise _refused(declared, name, "not every vendor takes that name", mend=_RENAME)


def _is_plain(default: Any) -> bool:
    """Tell whether a default is a value, and no field of pydantic's."""
    return default is ... or type(default) in _SIMPLE or isinstance(default, Enum)


def _is_simple(hint: Any) -> bool:
    """Tell whether any pydantic makes a schema of a type, so that it need not be tried."""
    if isinstance(hint, type) and hint in _SIMPLE:
        return True
    if get_origin(hint) is Literal:
        return not any(isinstance(each, bytes) for each in get_args(hint))
    if get_origin(hint) is dict and get_args(hint)[0] not in _SIMPLE:
        return False
    return get_origin(hint) in _HOLDERS and all(map(_is_simple, get_args(hint)))


def _may_come(cause: BaseException | None) -> bool:
    """Tell whether what is missing may stand further down in its module."""
    code = getattr(cause, "code", None)
    return isinstance(cause, NameError) or code in _NOT_YET


_NOT_YET = frozenset({"class-not-fully-defined", "undefined-annotation"})
_RENAME = "Use letters, digits, _ and -, or give it another name with Field(alias=…)."
_TYPES = (
    "Use types that JSON can hold: text, numbers, dates, enums, lists, dataclasses, models; fill "
    "anything else from the context with Bound."
)
