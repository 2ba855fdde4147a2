"""What a call of an MCP server's tool gave, as a result of ours."""

from __future__ import annotations

from typing import Any

from batuta.core.redaction import MOST_CHARS, cut
from batuta.core.result import result_text
from batuta.errors import ToolRetry

_NOTHING = "done; it gave no result"


def given_by(tool: str, result: Any) -> Any:
    """Turn the library's result into data, text, or an error; what is too long is cut.

    Raises:
        ToolRetry: The server says that the call failed, and why.
    """
    text = "\n".join(filter(None, map(_text, result.content)))
    if result.is_error:
        raise ToolRetry(tool, cut(text or "failed, and does not say why", MOST_CHARS))
    data: Any = result.structured_content
    if data is None:
        return cut(text or _NOTHING)
    if text and data == {"result": text}:  # a text, which had to be put into an object
        return cut(text)
    whole = result_text(data)
    return data if len(whole) < MOST_CHARS else cut(whole)


def _text(block: Any) -> str:
    """Give a part of a result in words; what is no text is named by its type and size."""
    from mcp_types import TextResourceContents

    if block.type == "text":
        return block.text
    if block.type in ("image", "audio"):
        return f"[{block.type} of type {block.mime_type}, {len(block.data) * 3 // 4} bytes]"
    if block.type == "resource_link":
        return f"[resource {block.name}: {block.uri}]"
    held = block.resource
    if isinstance(held, TextResourceContents):
        return held.text
    return f"[resource {held.uri} of type {held.mime_type}]"
