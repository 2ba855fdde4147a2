"""What a function's signature says of it as a tool, read once for each function."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple, get_type_hints

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
    """

    name: str
    summary: str
    is_async: bool
    defaults: Mapping[str, Any]


@weakly_cached
def signature_of(function: Callable[..., Any]) -> Signature:
    """Read how a function is declared.

    Raises:
        ConfigError: A parameter has no type, or one that is not there.
    """
    try:
        parameters = inspect.signature(function).parameters
    except NameError as error:  # from Python 3.14 on types are looked up here
        raise _unknown_name(function, error) from error
    for name, parameter in parameters.items():
        if parameter.annotation is parameter.empty:
            raise ConfigError(
                f"Tool {_name_of(function)}: parameter {name} has no type",
                "Annotate it: the model's schema is made from the types.",
            )
    doc = inspect.getdoc(function) or ""
    return Signature(
        _name_of(function),
        doc.partition("\n\n")[0].replace("\n", " "),
        inspect.iscoroutinefunction(function),
        {n: ... if p.default is p.empty else p.default for n, p in parameters.items()},
    )


@weakly_cached
def hints_of(function: Callable[..., Any]) -> Mapping[str, Any]:
    """Look up the parameters' types; not before they are needed, as they may stand further down.

    Raises:
        ConfigError: One is not there.
    """
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise _unknown_name(function, error) from error
    hints.pop("return", None)
    return hints


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
            name = name.partition(" ")[0]
            texts[name] = text.strip()
    return texts


def _unknown_name(function: Callable[..., Any], error: NameError) -> ConfigError:
    return ConfigError(
        f"Tool {_name_of(function)}: {error}",
        "Its annotations must be importable names at module level.",
    )


def _name_of(function: Callable[..., Any]) -> str:
    return function.__name__ if isinstance(function, FunctionType) else type(function).__name__
