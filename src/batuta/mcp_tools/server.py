"""An MCP server whose tools an App or agent uses as its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batuta.core.retry import Retry
from batuta.core.toolset import ToolSource
from batuta.errors import ConfigError
from batuta.mcp_tools.connection import Connection
from batuta.mcp_tools.tool import McpTool, Offered, offered_tools
from batuta.mcp_tools.transport import McpTarget

if TYPE_CHECKING:
    from batuta.core.tool import Effect, Tool
    from batuta.core.tool_context import ToolContext

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,31}")


@dataclass(frozen=True, kw_only=True)
class McpServer(ToolSource):
    """A server that is started by a command, or reached by a URL; its tools stand among an App's.

    It is connected to when an agent that uses it starts, once for all of them in a process, and
    again where the connection has ended. A tool writes unless the server says ``readOnlyHint``.

    Args:
        name: Opens the names of tools whose own name is taken, and names it in errors.
        command: Program that speaks MCP on its standard input and output.
        args: Its arguments.
        env: Its environment, beside what any program needs; no other variable of ours is handed on.
        cwd: Folder that it starts in.
        url: Address of a server that speaks streamable HTTP, in place of a command.
        headers: Sent with every request to the URL.
        allowed_tools: Names, as the server has them, of the tools to use; None for all.
        prefix: Opens the name of each of its tools.
        effects: Effect of a tool by the server's name of it, whatever the server says.
        bound: Argument to what fills it in from the run; no model sees such an argument.
        images: Show models the images of results; for models that see images, as others refuse
            them. Otherwise a model reads their type and size.
        timeout_s: Longest that one call may take.
        connect_timeout_s: Longest that connecting may take.
    """

    name: str
    command: str = ""
    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    cwd: str | Path | None = None
    url: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    allowed_tools: Sequence[str] | None = None
    prefix: str = ""
    effects: Mapping[str, Effect] = field(default_factory=dict[str, "Effect"])
    bound: Mapping[str, Callable[[ToolContext], Any]] = field(
        default_factory=dict[str, "Callable[[ToolContext], Any]"]
    )
    images: bool = False
    timeout_s: float = 30.0
    connect_timeout_s: float = 20.0
    _connection: Connection = field(init=False, repr=False, compare=False)
    _offered: Offered = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ConfigError(
                f"An MCP server cannot have the name {self.name!r}",
                "Use up to 32 letters, digits, _ and -, a letter first.",
            )
        if bool(self.command) == bool(self.url):
            raise ConfigError(
                f"MCP server {self.name} has {'both' if self.url else 'neither'} command and url",
                "Give the command that starts it, or the url that it answers at.",
            )
        if self.url and not self.url.startswith(("http://", "https://")):
            raise ConfigError(
                f"The url of MCP server {self.name} is no URL", "Begin with https://."
            )
        strange = [effect for effect in self.effects.values() if effect not in ("read", "write")]
        if strange:
            what = f"MCP server {self.name} has an effect {strange[0]!r}"
            raise ConfigError(what, "Use read or write.")
        for limit in ("timeout_s", "connect_timeout_s"):
            if not getattr(self, limit) > 0:
                raise ConfigError(
                    f"MCP server {self.name}: {limit} is 0 or less", "Allow some time."
                )
        object.__setattr__(self, "_offered", Offered())
        object.__setattr__(self, "_connection", Connection(self, self._take))

    @property
    def target(self) -> McpTarget:
        """How it is reached."""
        return McpTarget(
            command=self.command,
            args=self.args,
            env=self.env,
            cwd=self.cwd,
            url=self.url,
            headers=self.headers,
        )

    @property
    def version(self) -> int:
        """How often its tools were listed anew with another outcome."""
        return self._offered.version

    @property
    def known(self) -> Sequence[Tool]:
        """The tools that it offers now and that are allowed, by name."""
        return self._offered.tools

    @property
    def declared(self) -> Collection[str]:
        """The allowed tools, as they are called here."""
        return [McpTool.name_for(name, self.prefix) for name in self.allowed_tools or ()]

    async def tool(self, name: str) -> Tool:
        """Give one of its tools, for a step of one's own to use.

        Raises:
            ConfigError: It offers none of that name.
            ToolServerUnreachable: It does not answer.
        """
        await self.ready()
        found = next((t for t in self._offered.tools if name in {t.name, t.remote_name}), None)
        if found is None:
            known = ", ".join(tool.name for tool in self.known) or "none"
            raise ConfigError(
                f"MCP server {self.name} offers no tool {name}", f"It offers: {known}."
            )
        return found

    async def ready(self) -> None:
        """Connect and ask for its tools, where they are not known yet.

        Raises:
            ConfigError: The extra is not installed.
            ToolServerUnreachable: It does not answer.
        """
        if not self.version:
            await self._connection.client()

    async def start(self) -> None:
        """Begin to use it."""
        self._connection.users += 1
        try:
            await self.ready()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End one use of it; the last one closes the connection, and its process."""
        self._connection.users = max(0, self._connection.users - 1)
        if not self._connection.users:
            await self._connection.close()

    def _take(self, listed: Sequence[Any]) -> None:
        tools = offered_tools(listed, self, self._connection)
        retry = Retry(attempts=2, timeout_s=self.timeout_s)
        self._offered.take(tuple(tool.with_retry(retry) for tool in tools))
