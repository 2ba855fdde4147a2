"""How much a process does at once, and how much of it is one caller's."""

from __future__ import annotations

from dataclasses import dataclass, field

from batuta.runtimes.local.tool_threads import ToolThreads


@dataclass(frozen=True, kw_only=True, slots=True)
class Capacity:
    """What a runtime may do at once.

    Args:
        agents: Most agents at work.
        caller_share: Part of the places that others leave which one principal's may take; of the
            threads, ``threads`` itself knows.
        threads: Where plain tools run; several runtimes may share them.
    """

    agents: int = 10
    caller_share: float = 1.0
    threads: ToolThreads = field(default_factory=ToolThreads)
