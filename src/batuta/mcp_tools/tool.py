"""A tool of an MCP server as a tool of ours: its schema, what is checked, and its effect."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, cast

from batuta.core.model import ToolSchema
from batuta.core.redaction import cut
from batuta.core.tool import Tool, legal_name
from batuta.core.tool_context import ToolContext
from batuta.errors import ToolFailed, ToolRetry
from batuta.mcp_tools.schema import Unusable, checker_of, model_schema

if TYPE_CHECKING:
    from batuta.core.tool import Effect, Threads

_LOG = logging.getLogger(__name__)
_MOST_DESCRIPTION = 8_000
_MOST_TOOLS = 500


class Calls(Protocol):
    """What makes a tool's calls at its server."""

    async def call(self, tool: McpTool, arguments: Mapping[str, Any], key: str) -> Any:
        """Call it.

        Args:
            key: The write's idempotency key; empty for a tool that reads.
        """
        ...


class McpOffer(Protocol):
    """What is said here of a server's tools."""

    @property
    def name(self) -> str:
        """The server's name."""
        ...

    @property
    def prefix(self) -> str:
        """Opens the name of each tool."""
        ...

    @property
    def allowed_tools(self) -> Sequence[str] | None:
        """Those to use; None for all."""
        ...

    @property
    def effects(self) -> Mapping[str, Effect]:
        """Effects that hold whatever the server says."""
        ...

    @property
    def bound(self) -> Mapping[str, Callable[[ToolContext], Any]]:
        """What fills arguments in."""
        ...


class McpTool(Tool):
    """A tool that its server does.

    Args:
        remote_name: What the server calls it.
        parameters: The server's own schema of the arguments.
    """

    def __init__(self, listed: Any, source: McpOffer, calls: Calls, *, effect: Effect) -> None:
        async def call(arguments: dict[str, Any], context: ToolContext) -> Any:
            return await calls.call(self, arguments, context.idempotency_key)

        self.remote_name: str = listed.name
        super().__init__(
            call,
            name=self.name_for(listed.name, source.prefix),
            description=cut(_words(listed, source.name), _MOST_DESCRIPTION),
            effect=effect,
        )
        given: dict[str, Any] = listed.input_schema
        properties = cast("Mapping[str, Any]", given.get("properties") or {})
        self._filled = {name: fill for name, fill in source.bound.items() if name in properties}
        self._parameters = model_schema(given, without=self._filled)
        self._faults = checker_of(self._parameters)

    @staticmethod
    def name_for(name: str, prefix: str) -> str:
        """Give what a tool of a server is called here."""
        return legal_name(f"{prefix}{name}")

    @cached_property
    def schema(self) -> ToolSchema:
        """What a model sees."""
        writes = self.effect == "write"
        return ToolSchema(self.name, self.description, self._parameters, writes)

    @cached_property
    def is_bare(self) -> bool:
        """False: a call is told the write's key."""
        return False

    def validate(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Check a model's arguments against the server's schema.

        Raises:
            ToolRetry: They do not fit.
        """
        given = dict(arguments)
        if hidden := [name for name in given if name in self._filled]:
            known = ", ".join(self._parameters["properties"]) or "none"
            told = f"{hidden[0]}: no such argument (known: {known})"
            raise ToolRetry(self.name, told, tuple(hidden))
        try:
            faults = self._faults(given)
        except Unusable as error:
            raise ToolFailed(self.name, f"its arguments cannot be checked: {error}") from error
        if faults:
            names = tuple(dict.fromkeys(name for name, _ in faults if name))
            told = "; ".join(f"{name or 'arguments'}: {why}" for name, why in faults)
            raise ToolRetry(self.name, told, names)
        return given

    async def called(
        self, arguments: Mapping[str, Any], context: ToolContext, threads: Threads | None
    ) -> Any:
        """Call it at its server, with what is bound from the context."""
        filled = {name: fill(context) for name, fill in self._filled.items()}
        return await self.function(arguments={**arguments, **filled}, context=context)


class Offered:
    """The tools that a server offers now."""

    def __init__(self) -> None:
        self.tools: tuple[McpTool, ...] = ()
        self.version = 0
        self._seen: tuple[str, ...] | None = None

    def take(self, tools: tuple[McpTool, ...]) -> None:
        """Take them for those that there were; nothing has changed where they are the same."""
        seen = tuple(_text_of(tool) for tool in tools)
        if seen != self._seen:
            self.tools, self._seen = tools, seen
            self.version += 1


def offered_tools(listed: Sequence[Any], source: McpOffer, calls: Calls) -> list[McpTool]:
    """Make tools of what a server lists: those that are allowed and can be used, by name.

    What cannot be used is left out, and the log says why.
    """
    allowed = source.allowed_tools
    made: dict[str, McpTool] = {}
    for each in listed:
        if allowed is not None and each.name not in allowed:
            continue
        effect = source.effects.get(each.name) or _effect_of(each)
        try:
            tool = McpTool(each, source, calls, effect=effect)
        except Unusable as error:
            _LOG.warning(
                "Tool %.80r of MCP server %s is left out: %s", each.name, source.name, error
            )
            continue
        if tool.name in made or len(made) >= _MOST_TOOLS:
            why = "it offers another of that name" if tool.name in made else "it offers too many"
            _LOG.warning("Tool %.80r of MCP server %s is left out: %s", each.name, source.name, why)
            continue
        made[tool.name] = tool
    gone = sorted(set(allowed or ()) - {tool.remote_name for tool in made.values()})
    if gone:
        _LOG.warning("MCP server %s offers no %s, which is allowed", source.name, ", ".join(gone))
    return [made[name] for name in sorted(made)]


def _effect_of(listed: Any) -> Effect:
    said = listed.annotations
    return "read" if said is not None and said.read_only_hint is True else "write"


def _words(listed: Any, server: str) -> str:
    said = listed.description or listed.title or ""
    return said.strip() or f"{listed.name}, a tool of {server}"


def _text_of(tool: McpTool) -> str:
    said = [tool.remote_name, tool.description, tool.effect, tool.schema.parameters]
    return json.dumps(said, sort_keys=True, default=str)
