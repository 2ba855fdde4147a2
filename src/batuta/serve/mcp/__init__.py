"""The MCP door: each style as a tool, the App's own tools, and pages on the styles."""
