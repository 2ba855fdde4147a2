"""Tools as a vendor wants them, made once: turning schemas is most of an adapter's work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from batuta.core.model import ToolSchema

_MOST_KEPT = 128


class KeptTools:
    """Keeps what was made of each set of tools, as long as their schemas are the same objects."""

    def __init__(self, make: Callable[[str, str, Mapping[str, Any]], dict[str, Any]]) -> None:
        self._make = make
        self._made: dict[object, tuple[Sequence[ToolSchema], list[dict[str, Any]]]] = {}

    def of(self, tools: Sequence[ToolSchema]) -> list[dict[str, Any]]:
        """Give the tools in the vendor's form."""
        key = tuple([(tool.name, tool.description, id(tool.parameters)) for tool in tools])
        found = self._made.get(key)
        if found is None:
            if len(self._made) >= _MOST_KEPT:
                self._made.clear()
            made = [self._make(tool.name, tool.description, tool.parameters) for tool in tools]
            # The tools are kept too, so that no other object gets the identity of their schemas.
            found = self._made[key] = (tuple(tools), made)
        return found[1]
