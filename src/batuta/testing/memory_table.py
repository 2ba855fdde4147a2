"""A store to look into: rows in memory, each written once for its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class MemoryTable:
    """Holds what an App's tools write, for tests and first drafts; it ends with its process.

    A write that comes again under its key gives the row of the first.
    """

    def __init__(self, *rows: Mapping[str, Any]) -> None:
        self._by_key: dict[str, dict[str, Any]] = {}
        self._rows: list[dict[str, Any]] = [dict(row) for row in rows]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """All rows, oldest first; copies."""
        return [dict(row) for row in self._rows]

    def where(self, **facts: Any) -> list[dict[str, Any]]:
        """Give the rows that hold these facts."""
        return [row for row in self.rows if all(row.get(k) == v for k, v in facts.items())]

    def add(self, key: str, **facts: Any) -> dict[str, Any]:
        """Write a row under a write's key, or give the one that is there.

        Args:
            key: ``ToolContext.idempotency_key``.
        """
        if key not in self._by_key:
            self._by_key[key] = dict(facts)
            self._rows.append(self._by_key[key])
        return dict(self._by_key[key])

    def clear(self) -> None:
        """Forget everything, as a test does before it begins."""
        self._by_key.clear()
        self._rows.clear()
