"""Public names of a package, each imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(
    package: str, homes: Mapping[str, tuple[str, ...]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make a package's `__getattr__` and `__dir__` (PEP 562) of a table of where names live.

    Args:
        package: The package's own `__name__`, for the error about an unknown name.
        homes: Module to the names that the package shows of it.

    Returns:
        The two functions. The first raises AttributeError for a name that no module holds.
    """
    home = {name: module for module, names in homes.items() for name in names}

    def import_name(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(home[name]), name)

    return import_name, lambda: sorted(home)
