"""The library's server, with our handlers: what it lists, and who does a call."""

from __future__ import annotations

import hashlib
import logging
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from mcp.server import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.shared.exceptions import MCPError
from mcp_types import (
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from batuta.core.toolset import LiveTools
from batuta.errors import DISTRIBUTION, BatutaError
from batuta.serve.mcp.app_tools import AppTools
from batuta.serve.mcp.ask_tools import AskTools, failed
from batuta.serve.mcp.caller import Caller
from batuta.serve.mcp.pages import INDEX, page, pages

if TYPE_CHECKING:
    from batuta.core.principal import Principal
    from batuta.core.tool import Tool
    from batuta.serve.http.door import Door

_LOG = logging.getLogger(__name__)
_RESOURCE_NOT_FOUND = -32002


class McpDoor:
    """Answers MCP requests for the HTTP door's house, limits and runs.

    Args:
        alone: The only caller of the transport; None where each request says who asks.
    """

    def __init__(self, door: Door, alone: Principal | None = None) -> None:
        self._door, self._alone = door, alone
        self._asks, self._tools = AskTools(door), AppTools(door)

    def server(self) -> Server[Any]:
        """Make the library's server."""
        app = self._door.house.app
        made: Server[Any] = Server(
            app.name,
            title=app.title or None,
            version=version(DISTRIBUTION),
            instructions=_INSTRUCTIONS,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_templates,
            on_read_resource=self._read_resource,
        )
        made.middleware.clear()  # what a run does is told by its own trace
        made.middleware.append(RequestStateBoundary(self._security(), default_audience=app.name))
        return made

    def _security(self) -> RequestStateSecurity:
        """Make what seals a question's state; processes that share the secret open each other's."""
        secret = self._door.house.settings.secret.reveal()
        if not secret:
            made = RequestStateSecurity.ephemeral()
        else:
            made = RequestStateSecurity(keys=[hashlib.sha256(f"mcp|{secret}".encode()).digest()])
        made.bind_principal = lambda context: Caller(context, self._door, self._alone).principal.id
        return made

    async def _list_tools(self, _: Any, __: Any) -> ListToolsResult:
        await self._ask_servers()
        own = self._tools.listed(self._own_tools())
        return ListToolsResult(tools=[*self._asks.listed(), *own])

    async def _call_tool(self, context: Any, params: Any) -> Any:
        caller = Caller(context, self._door, self._alone)
        style = self._asks.style_of(params.name)
        if style is not None:
            return await self._asks.call(style, params, caller)
        tool = self._own_tool(params.name)
        if tool is None:
            await self._ask_servers()
            tool = self._own_tool(params.name)
        if tool is not None:
            return await self._tools.call(tool, params.arguments or {}, caller)
        return failed(f"There is no tool {params.name[:80]}. See tools/list.")

    def _own_tool(self, name: str) -> Tool | None:
        return next((tool for tool in self._own_tools() if tool.name == name), None)

    def _own_tools(self) -> list[Tool]:
        """List the App's tools as they are known now."""
        if self._door.alone is not None:
            return []
        asked = {tool.name for tool in self._asks.listed()}
        return [tool for tool in self._door.house.cast.app.tools if tool.name not in asked]

    async def _ask_servers(self) -> None:
        """Ask the servers of the App's tools for those that are not known yet."""
        tools: object = self._door.house.cast.app.tools
        if self._door.alone is None and isinstance(tools, LiveTools):
            try:
                await tools.ready()
            except BatutaError as error:
                _LOG.warning("Not all of the App's tools are offered: %s", error)

    async def _list_resources(self, _: Any, __: Any) -> ListResourcesResult:
        listed = [
            Resource(uri=uri, name=name, title=title, mime_type="text/markdown")
            for uri, (name, title) in pages(self._door).items()
        ]
        return ListResourcesResult(resources=listed)

    async def _list_templates(self, _: Any, __: Any) -> ListResourceTemplatesResult:
        made = ResourceTemplate(
            uri_template=f"{INDEX}/{{key}}", name="style", title="A style, by its key",
            mime_type="text/markdown",
        )  # fmt: skip
        return ListResourceTemplatesResult(resource_templates=[made])

    async def _read_resource(self, _: Any, params: Any) -> ReadResourceResult:
        text = page(self._door, str(params.uri))
        if text is None:
            raise MCPError(_RESOURCE_NOT_FOUND, "There is no such page. See resources/list.")
        return ReadResourceResult(
            contents=[TextResourceContents(uri=params.uri, text=text, mime_type="text/markdown")]
        )


_INSTRUCTIONS = """\
Each ask_ tool answers a message in plain words and may act for the caller. Give its session_id back
with the next message of the same conversation; without one it begins anew. A tool that writes acts
at once, and for the caller alone."""
