"""A framework's tool as one of ours, for one call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from batuta.core.model import ToolSchema
from batuta.core.tool import Effect, Tool, legal_name
from batuta.core.tool_context import ToolContext
from batuta.errors import ToolRetry

if TYPE_CHECKING:
    from batuta.core.tool import Threads

Work = Callable[[dict[str, Any]], Awaitable[Any]]
"""Lets the framework do a call of one of its tools, with these arguments."""


class ForeignTool(Tool):
    """A framework's tool as one of ours: the framework checks its arguments and does its work.

    ``made`` holds what it gave, as it was, where it was done in this process.
    """

    made: tuple[Any, ...] = ()
    retries: tuple[type[Exception], ...] = ()
    work: Work

    def doing(self, work: Work, retries: tuple[type[Exception], ...]) -> ForeignTool:
        """Copy it for one call."""
        made = copy(self)
        made.work, made.retries = work, retries
        return made

    @cached_property
    def schema(self) -> ToolSchema:
        """What is known of it here."""
        return ToolSchema(self.name, self.description, {"type": "object"}, self.effect == "write")

    @cached_property
    def is_bare(self) -> bool:
        """False: it is done by ``called``."""
        return False

    def validate(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Take them as they are: its framework checks them."""
        return dict(arguments)

    async def called(
        self, arguments: Mapping[str, Any], context: ToolContext, threads: Threads | None
    ) -> Any:
        """Let the framework do the call.

        Raises:
            ToolRetry: The tool asks for other arguments.
        """
        try:
            given = await self.work(dict(arguments))
        except self.retries as error:
            raise ToolRetry(self.name, str(error)) from error
        self.made = (given,)
        return given


@lru_cache(maxsize=1_024)
def tool_of(name: str, effect: Effect) -> ForeignTool:
    """Make a tool of a framework's; ``doing`` copies it for a call."""
    return ForeignTool(
        _elsewhere, name=legal_name(name), description=f"{name}, a framework's own", effect=effect
    )


async def _elsewhere() -> None:
    raise AssertionError
