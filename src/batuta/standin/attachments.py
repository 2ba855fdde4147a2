"""Reads images and files as each vendor's wire has them; nothing is fetched for one."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping

from batuta.core.attachment import Attachment
from batuta.errors import InvalidInput
from batuta.standin.failures import invalid
from batuta.standin.json_node import JsonNode

Reader = Callable[[JsonNode], Attachment]


def _of(node: JsonNode, text: str, media_type: str, *, name: str = "") -> Attachment:
    """Make one of base64 text, as strict as the vendors are with what it says of itself.

    Raises:
        Rejected: It is none, or of another type than it says.
    """
    try:
        return Attachment.of(
            base64.b64decode(text, validate=True), name=name, media_type=media_type
        )
    except (InvalidInput, binascii.Error, ValueError) as error:
        raise invalid(f"Invalid image or file in '{node.where}': {error}", node.where) from error


def _of_url(node: JsonNode, name: str = "") -> Attachment:
    head, mark, text = node.text().partition(";base64,")
    if not mark or not head.startswith("data:"):
        raise invalid(f"'{node.where}': this stand-in fetches nothing, send a data URL", node.where)
    return _of(node, text, head.removeprefix("data:"), name=name)


def _of_file(held: JsonNode) -> Attachment:
    return _of_url(held["file_data"], held["filename"].text(""))


OPENAI: Mapping[str, Reader] = {
    "input_image": lambda part: _of_url(part["image_url"]),
    "input_file": _of_file,
    "image_url": lambda part: _of_url(part["image_url"]["url"]),
    "file": lambda part: _of_file(part["file"]),
}
"""Types of parts of OpenAI's two formats."""


def anthropic(block: JsonNode) -> Attachment:
    """Read a block ``image`` or ``document`` of Anthropic's Messages.

    Raises:
        Rejected: Its source is none that the stand-in knows.
    """
    source, name = block["source"], block["title"].text("")
    kind = source["type"].text()
    if kind not in ("text", "base64"):
        raise invalid(f"{source.where}.type: this stand-in fetches nothing, send base64")
    media_type, data = source["media_type"].text(), source["data"].text()
    if kind == "text":
        data = base64.b64encode(data.encode()).decode()
    return _of(source["data"], data, media_type, name="" if kind == "text" else name)


def converse(kind: str, held: JsonNode) -> Attachment:
    """Read a block ``image`` or ``document`` of Converse.

    Raises:
        Rejected: Its bytes are none, or its name is none that Bedrock takes.
    """
    data, form = held["source"]["bytes"], held["format"].text()
    if kind == "image":
        return _of(data, data.text(), f"image/{form}")
    name = held["name"].text()
    if not all(c.isalnum() or c in " -()[]" for c in name) or "  " in name:
        raise invalid(f"The document name at {held.where} holds what it may not.")
    return _of(data, data.text(), "application/pdf" if form == "pdf" else "", name=name)
