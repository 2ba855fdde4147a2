"""What a call of an MCP server's tool gave, as a result of ours."""

from __future__ import annotations

from typing import Any

from batuta.core.attachment import Attachment
from batuta.core.redaction import MOST_CHARS, cut
from batuta.core.result import result_text
from batuta.errors import InvalidInput, ToolRetry

_NOTHING = "done; it gave no result"


def given_by(tool: str, result: Any) -> Any:
    """Turn the library's result into data, text, or an error; what is too long is cut.

    Raises:
        ToolRetry: The server says that the call failed, and why.
    """
    shown = {place: made for place, b in enumerate(result.content) if (made := _image(b))}
    words = [_text(block) for place, block in enumerate(result.content) if place not in shown]
    text = "\n".join(filter(None, words))
    if result.is_error:
        raise ToolRetry(tool, cut(text or "failed, and does not say why", MOST_CHARS))
    if shown:
        return [cut(text), *shown.values()] if text else list(shown.values())
    data: Any = result.structured_content
    if data is None:
        return cut(text or _NOTHING)
    if text and data == {"result": text}:  # a text, which had to be put into an object
        return cut(text)
    whole = result_text(data)
    return data if len(whole) < MOST_CHARS else cut(whole)


def _image(block: Any) -> Attachment | None:
    """Give an image that a model may be shown; None for anything else, which is told in words."""
    if block.type != "image":
        return None
    try:
        return Attachment.of_base64(block.data, media_type=block.mime_type)
    except InvalidInput:
        return None


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
