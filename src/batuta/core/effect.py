"""What a writing tool has done, kept under the key of its write, and how it is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class EffectRecord:
    """One effect that stands, whatever became of the run that made it.

    Args:
        key: Idempotency key of the write, as ``ToolContext`` gave it to the tool.
        tool: Name of the tool.
        result: What the tool gave, or would have given; JSON-able.
        done_at: ISO time in UTC; empty where nobody noted it.
    """

    key: str
    principal_id: str
    tool: str
    result: Mapping[str, Any]
    done_at: str = ""


class EffectLookup(Protocol):
    """Knows what was done under a key, from the same transaction in which it was done."""

    async def find_effect(self, key: str, principal_id: str) -> EffectRecord | None:
        """Give the effect of a write of this principal; None where nothing was written.

        Raises:
            StoreBusy: It cannot be known now.
        """
        ...

    async def find_effects(self, prefix: str, principal_id: str) -> tuple[EffectRecord, ...]:
        """Give every effect of this principal whose key opens with a prefix, oldest first.

        Raises:
            StoreBusy: It cannot be known now.
        """
        ...
