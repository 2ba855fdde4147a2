"""What must be installed for a style."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from batuta.styles.frameworks import FRAMEWORKS, USUAL
from batuta.styles.frameworks import framework as framework_named

if TYPE_CHECKING:
    from batuta.styles.style import Style

# Extras to the modules any of which shows that it is not missed.
_SHOWN_BY: dict[str, tuple[str, ...]] = {
    **{each.extra: (each.module,) for each in FRAMEWORKS.values()},
    "aws": ("boto3",),
    "grpc": ("grpc", "botocore"),  # agents elsewhere are services, or functions on Lambda
    "standin": ("starlette",),
}


def extras_of(style: Style, framework: str = USUAL) -> tuple[str, ...]:
    """List the extras of a style, whose loop may be another framework's than the usual.

    Raises:
        ConfigError: There is no such framework.
    """
    usual, chosen = FRAMEWORKS[USUAL].extra, framework_named(framework).extra
    return tuple(chosen if extra == usual else extra for extra in style.extras)


def is_installed(module: str) -> bool:
    """Tell whether a module could be imported, without importing it."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False  # what it stands in is not there


def missing_extras(style: Style, framework: str = USUAL) -> tuple[str, ...]:
    """List the extras of a style that are not installed.

    Raises:
        ConfigError: There is no such framework.
    """
    return tuple(
        extra
        for extra in extras_of(style, framework)
        if not any(is_installed(module) for module in _SHOWN_BY[extra])
    )
