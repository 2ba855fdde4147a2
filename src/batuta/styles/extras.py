"""What must be installed for a style."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batuta.styles.style import Style

# Extras to the modules any of which shows that it is not missed.
_SHOWN_BY: dict[str, tuple[str, ...]] = {
    "agents": ("agents",),
    "aws": ("boto3",),
    "grpc": ("grpc", "botocore"),  # agents elsewhere are services, or functions on Lambda
    "standin": ("starlette",),
}


def missing_extras(style: Style) -> tuple[str, ...]:
    """List the extras of a style that are not installed."""
    return tuple(
        extra
        for extra in style.extras
        if all(find_spec(module) is None for module in _SHOWN_BY[extra])
    )
