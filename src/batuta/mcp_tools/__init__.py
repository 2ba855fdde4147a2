"""Tools that live on MCP servers, as tools of ours."""

from batuta.mcp_tools.server import McpServer

__all__ = ["McpServer"]
