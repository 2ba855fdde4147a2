"""What is done with an App's tools before a conversation, with no model between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from batuta.core.principal import Principal
from batuta.core.scenario import FIRST_PERSON, DirectCall
from batuta.core.tool_context import ToolContext
from batuta.errors import BatutaError, ConfigError

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.clock import Clock


async def do(app: App, calls: Sequence[DirectCall], clock: Clock, *, what: str) -> None:
    """Use an App's tools, one after the other.

    Args:
        what: What errors call it.

    Raises:
        ConfigError: There is no such tool, or it fails; which one is named.
    """
    for number, call in enumerate(calls):
        known = {tool.name: tool for tool in app.tools}
        if call.tool not in known:
            raise ConfigError(
                f"{what}[{number}] uses {call.tool}, no tool of App {app.name}",
                f"Its tools: {', '.join(known)}.",
            )
        context = ToolContext(
            principal=Principal(call.by or FIRST_PERSON),
            clock=clock,
            idempotency_key=f"{what} {number}",
            run_id="run_before",
            time_zone=app.time_zone,
        )
        tool = known[call.tool]
        try:
            await tool.invoke(tool.validate(call.arguments), context)
        except BatutaError as error:
            raise ConfigError(f"{what}[{number}]: {error}", "Mend the scenario.") from error
