"""What is known of Claude models by their names: how each thinks, and how much it writes.

Sources, 2026-11: https://platform.claude.com/docs/en/models/overview and the migration guides of
each model there; https://platform.claude.com/docs/en/build-with-claude/thinking and /effort.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_NAME = re.compile(
    r"claude-(?:(?P<kind>[a-z]+)-(?P<major>\d)(?:-(?P<minor>\d)(?!\d))?"
    r"|(?P<old_major>\d)(?:-(?P<old_minor>\d)(?!\d))?-(?P<old_kind>[a-z]+))"
)
_ALWAYS_THINKS = {"fable", "mythos"}
_THINKS, _BUDGET_ENDS, _ADAPTIVE, _XHIGH, _FIXED = (3, 7), (4, 7), (4, 6), (4, 7), (5, 5)
_UNKNOWN_OUTPUT = 32_000


class Claude(NamedTuple):
    """A Claude model as its name tells it.

    Args:
        version: Major and minor; (0, 0) where the name does not tell.
    """

    kind: str = ""
    version: tuple[int, int] = (0, 0)

    @property
    def takes_budget(self) -> bool:
        """Whether its thoughts are limited by a count of tokens."""
        return _THINKS <= self.version < _BUDGET_ENDS

    @property
    def adapts(self) -> bool:
        """Whether it decides by itself how much to think, within an effort."""
        return self.version >= _ADAPTIVE

    @property
    def efforts(self) -> tuple[str, ...]:
        """The efforts that it can be asked for; empty where it knows none."""
        if not self.adapts:
            return (
                ("low", "medium", "high") if (self.kind, self.version) == ("opus", (4, 5)) else ()
            )
        made = ("low", "medium", "high", *(("xhigh",) if self.version >= _XHIGH else ()), "max")
        return made if self.always_thinks else ("none", *made)

    @property
    def always_thinks(self) -> bool:
        """Whether its thinking cannot be switched off, nor a tool call be forced."""
        return self.kind in _ALWAYS_THINKS or (self.kind == "opus" and self.version >= _FIXED)

    @property
    def quiet(self) -> str:
        """The kind of thinking that is the least it does."""
        return "between_tools" if (self.kind, self.version) == ("sonnet", _FIXED) else "disabled"

    @property
    def most_output(self) -> int:
        """Most tokens that one call may write."""
        if self.version == (0, 0):
            return _UNKNOWN_OUTPUT
        if self.version < (3, 5):
            return 4_096
        if self.version < _THINKS:
            return 8_192
        if self.version >= _ADAPTIVE:
            return 128_000
        return 32_000 if self.kind == "opus" and self.version < (4, 5) else 64_000


@lru_cache(maxsize=256)
def claude_of(model: str) -> Claude | None:
    """Read a model's name, however a cloud writes it; None where it is no Claude.

    >>> claude_of("eu.anthropic.claude-haiku-4-5-20251001-v1:0")
    Claude(kind='haiku', version=(4, 5))
    >>> claude_of("claude-3-7-sonnet-20250219").takes_budget, claude_of("claude-opus-5-5").efforts
    (True, ('low', 'medium', 'high', 'xhigh', 'max'))
    """
    found = _NAME.search(model.lower())
    if found is None:
        return Claude() if "claude" in model.lower() else None
    kind = found["kind"] or found["old_kind"]
    major, minor = found["major"] or found["old_major"], found["minor"] or found["old_minor"]
    return Claude(kind, (int(major), int(minor or 0)))
