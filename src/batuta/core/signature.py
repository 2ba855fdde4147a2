"""What a function's signature says of it as a tool, read once for each function."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import partial
from inspect import Parameter
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, NamedTuple, cast, get_type_hints

from batuta.core.weak_cache import weakly_cached
from batuta.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable


class Signature(NamedTuple):
    """A function as it is declared.

    Args:
        name: Its own, or that of the type of what can be called.
        summary: The docstring's first paragraph, in one line.
        defaults: Each parameter's default, by name; ``...`` where there is none.
        in_order: Names of those that are passed by their place.
        spread: Name of the one that takes any further values, as ``*days``; empty without one.
    """

    name: str
    summary: str
    doc: str
    is_async: bool
    defaults: Mapping[str, Any]
    in_order: tuple[str, ...] = ()
    spread: str = ""

    def called(self, function: Callable[..., Any], values: dict[str, Any]) -> Any:
        """Call the function with a value for each parameter, by name."""
        if not self.in_order and not self.spread:
            return function(**values)
        placed = [values.pop(n) if n in values else self.defaults[n] for n in self.in_order]
        return function(*placed, *values.pop(self.spread, ()), **values)


@weakly_cached
def signature_of(function: Callable[..., Any]) -> Signature:
    """Read how a function is declared.

    Raises:
        ConfigError: A parameter has no type, or one that is not there, or takes any name.
    """
    name, given = name_of(function), _parameters(function)
    if given and given[-1].kind is Parameter.VAR_KEYWORD:
        raise ConfigError(
            f"Tool {name}: parameter **{given[-1].name} takes any name",
            "Name each one, or take a dict: a model fills parameters by name. A decorator keeps "
            "its function's own with functools.wraps.",
        )
    for parameter in given:
        if parameter.annotation is Parameter.empty:
            raise ConfigError(
                f"Tool {name}: parameter {parameter.name} has no type",
                "Annotate it: the model's schema is made from the types.",
            )
    doc = _doc_of(function)
    placed = [p.name for p in given if p.kind is Parameter.POSITIONAL_ONLY]
    if given and callable(getattr(function, "dispatch", None)):
        placed = [given[0].name]  # functools.singledispatch chooses by the first that is placed
    spread = [p.name for p in given if p.kind is Parameter.VAR_POSITIONAL]
    if spread:
        by_name = (Parameter.KEYWORD_ONLY, Parameter.VAR_POSITIONAL)
        placed = [p.name for p in given if p.kind not in by_name]
    return Signature(
        name,
        doc.partition("\n\n")[0].replace("\n", " "),
        doc,
        _is_async(function),
        {p.name: ... if p.default is Parameter.empty else p.default for p in given},
        tuple(placed),
        "".join(spread),
    )


@weakly_cached
def hints_of(function: Callable[..., Any]) -> Mapping[str, Any]:
    """Look up the parameters' types; not before they are needed, as they may stand further down.

    Raises:
        ConfigError: One is not there, or is no type.
    """
    given = _parameters(function)
    try:
        hints = get_type_hints(plain_of(function), include_extras=True)
    except _NO_TYPES as error:
        raise _unknown_type(function, given, error) from error
    return {each.name: hints.get(each.name, each.annotation) for each in given}


def name_of(function: Callable[..., Any]) -> str:
    """Give a function's own name, or that of the type of what can be called."""
    if isinstance(function, partial):
        return name_of(cast("partial[Any]", function).func)
    if isinstance(function, FunctionType | MethodType):
        return function.__name__
    named = getattr(function, "__name__", None)
    return named if isinstance(named, str) else type(function).__name__


def plain_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give the function that stands behind a partial, a method, a class or an object."""
    if isinstance(function, FunctionType):
        return function
    if isinstance(function, partial):
        return plain_of(cast("partial[Any]", function).func)
    if isinstance(function, MethodType):
        return plain_of(function.__func__)
    if isinstance(function, type):
        return function.__init__
    wrapped = getattr(function, "__wrapped__", None)
    if callable(wrapped):
        return plain_of(wrapped)
    called = type(function).__call__
    return called if isinstance(called, FunctionType) else function


def argument_texts(doc: str) -> dict[str, str]:
    """Read the Args section of a Google docstring: name to description."""
    _, _, rest = doc.partition("Args:\n")
    texts: dict[str, str] = {}
    name = ""
    for line in rest.splitlines():
        if not line.strip() or not line.startswith("    "):
            break
        if line.startswith("        "):
            texts[name] = f"{texts[name]} {line.strip()}"
        else:
            name, _, text = line.strip().partition(":")
            name = name.partition(" ")[0].lstrip("*")
            texts[name] = text.strip()
    return texts


def _parameters(function: Callable[..., Any]) -> list[Parameter]:
    """List what a caller gives: what a partial has filled in is its author's alone."""
    try:
        every = inspect.signature(function).parameters.values()
    except NameError as error:  # from Python 3.14 on types are looked up here
        raise _unknown_type(function, (), error) from error
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"Tool {name_of(function)}: it cannot be read how it is called",
            "Wrap it in a def with typed parameters.",
        ) from error
    filled = cast("partial[Any]", function).keywords if isinstance(function, partial) else {}
    return [each for each in every if each.name not in filled]


def _doc_of(function: Callable[..., Any]) -> str:
    plain = plain_of(function)
    if isinstance(function, FunctionType | type):
        return inspect.getdoc(function) or ""
    if isinstance(function, partial | MethodType):
        return inspect.getdoc(plain) or ""
    return inspect.cleandoc(function.__doc__) if function.__doc__ else inspect.getdoc(plain) or ""


def _is_async(function: Callable[..., Any]) -> bool:
    called = getattr(type(function), "__call__", None)  # noqa: B004 - the function itself is wanted
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)


def _unknown_type(
    function: Callable[..., Any], given: tuple[Parameter, ...] | list[Parameter], error: Exception
) -> ConfigError:
    """Say which parameter's type is not there."""
    at_fault = next((each.name for each in given if not _is_known(function, each)), "")
    where = f"parameter {at_fault}: " if at_fault else ""
    return ConfigError(
        f"Tool {name_of(function)}: {where}{error}",
        "Its annotations must be importable names at module level.",
    )


def _is_known(function: Callable[..., Any], parameter: Parameter) -> bool:
    def alone() -> None:
        """Have one parameter's annotation."""

    alone.__annotations__ = {parameter.name: parameter.annotation}
    try:
        get_type_hints(alone, globalns=getattr(plain_of(function), "__globals__", None))
    except _NO_TYPES:
        return False
    return True


_NO_TYPES = (NameError, AttributeError, SyntaxError, TypeError, ValueError)
