"""A tool that fails in the one use that a fault strikes."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from batuta.core.principal import Principal
from batuta.core.tool import Tool
from batuta.errors import BatutaError
from batuta.faults.stores import filled, locked

if TYPE_CHECKING:
    from batuta.core.tool import Threads
    from batuta.core.tool_context import ToolContext
    from batuta.faults.plan import FaultPlan, PlannedFault

ALL_TOOLS = ("error", "slow", "wrong-type")
WRITING_TOOLS = (*ALL_TOOLS, "half-done", "twice")
EXIT = "exit"
STORES = ("locked", "full", "conflict")
_LOST = "the connection was reset before the answer came"


class StruckTool(Tool):
    """A tool for one use, in which a fault strikes.

    Args:
        fault: Of the seam ``tool`` or ``store``, or the end of this process once it is done.
    """

    def __init__(self, inner: Tool, fault: PlannedFault, plan: FaultPlan) -> None:
        vars(self).update(vars(inner))
        vars(self)["is_bare"] = False  # so that it is called as one that knows its context
        self._inner, self._fault, self._plan = inner, fault, plan

    async def called(
        self, arguments: Mapping[str, Any], context: ToolContext, threads: Threads | None
    ) -> Any:
        """Call the other tool, before, after or in the midst of what goes wrong."""
        fault = self._fault
        if fault.seam == "store":
            return await self._in_trouble(arguments, context, threads)
        if fault.kind == "error":
            raise ConnectionResetError(_LOST)
        if fault.kind == "slow":
            await context.clock.sleep(fault.seconds)
        result = await self._inner.called(arguments, context, threads)
        if fault.kind == EXIT:
            os.kill(os.getpid(), signal.SIGKILL)
        if fault.kind == "half-done":
            raise ConnectionResetError(_LOST)
        if fault.kind == "twice":  # as a message is that a queue delivers once more
            return await self._inner.called(arguments, context, threads)
        return _of_another_type(result) if fault.kind == "wrong-type" else result

    async def _in_trouble(
        self, arguments: Mapping[str, Any], context: ToolContext, threads: Threads | None
    ) -> Any:
        fault, files = self._fault, self._plan.files
        if fault.kind == "conflict":
            await self._by_rival(arguments, context, threads)
            return await self._inner.called(arguments, context, threads)
        async with locked(files) if fault.kind == "locked" else filled(files):
            return await self._inner.called(arguments, context, threads)

    async def _by_rival(
        self, arguments: Mapping[str, Any], context: ToolContext, threads: Threads | None
    ) -> None:
        """Let somebody else do the same first."""
        rival = replace(
            context, principal=RIVAL, idempotency_key=f"rival-{context.idempotency_key}"
        )
        with suppress(BatutaError):  # somebody else was quicker still
            await self._inner.called(arguments, rival, threads)


RIVAL = Principal("rival")
"""Who is quicker, where a store is in conflict."""


def _of_another_type(result: object) -> object:
    """Give what no caller expects in the place of a result."""
    return ["unexpected"] if isinstance(result, str | Mapping) else "unexpected"
