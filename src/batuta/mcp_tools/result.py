"""What a call of an MCP server's tool gave, as a result of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batuta.core.attachment import Attachment
from batuta.core.principal import WRITE
from batuta.core.redaction import MOST_CHARS, cut
from batuta.core.result import result_text
from batuta.errors import EffectUnknown, InvalidInput, ToolRetry

if TYPE_CHECKING:
    from batuta.mcp_tools.tool import McpTool

_NOTHING = "done; it gave no result"
_MOST_BYTES = 5_000_000
_HIDDEN = "Error executing tool {}"
"""All that the SDK (mcp 2.3) tells of what it did not expect, as a result that cannot be sent."""


def given_by(tool: McpTool, result: Any, *, images: bool) -> Any:
    """Turn the library's result into data, text, or an error; what is too long is cut.

    Args:
        images: Give images as such, to be shown to a model; else they are named.

    Raises:
        ToolRetry: The server says that the call failed, and why.
        EffectUnknown: A call that writes failed, and the server does not say why.
    """
    parts = [_part(block, images=images) for block in result.content]
    text = "\n".join(part for part in parts if isinstance(part, str) and part)
    if result.is_error:
        says_why = text.strip() not in ("", _HIDDEN.format(tool.remote_name))
        if tool.effect == WRITE and not says_why:
            raise EffectUnknown(tool.name, "The tool server failed, and does not say why")
        raise ToolRetry(tool.name, cut(text or "failed, and does not say why", MOST_CHARS))
    shown = [part for part in parts if isinstance(part, Attachment)]
    if shown:
        return [cut(text), *shown] if text else shown
    data: Any = result.structured_content
    if data is None:
        return cut(text or _NOTHING)
    if text and data == {"result": text}:  # a text, which had to be put into an object
        return cut(text)
    whole = result_text(data)
    return data if len(whole) < MOST_CHARS else cut(whole)


def _part(block: Any, *, images: bool) -> str | Attachment:
    """Give a part of a result: text, an image, or in words what else it is."""
    from mcp_types import TextResourceContents

    if block.type == "text":
        return block.text
    if block.type in ("image", "audio"):
        size = len(block.data) * 3 // 4
        told = f"[{block.type} of type {block.mime_type}, {size} bytes]"
        if not images or block.type == "audio" or size > _MOST_BYTES:
            return told
        try:
            return Attachment.of_base64(block.data, media_type=block.mime_type)
        except InvalidInput as error:  # it is another thing than it says
            return f"{told} {error}"
    if block.type == "resource_link":
        return f"[resource {block.name}: {block.uri}]"
    held = block.resource
    if isinstance(held, TextResourceContents):
        return held.text
    return f"[resource {held.uri} of type {held.mime_type}]"
