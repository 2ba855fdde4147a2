"""Images that a server's tool gives are shown to the model; what is none is told in words."""

from __future__ import annotations

import base64

from mcp_types import CallToolResult, ImageContent, TextContent

from batuta.core.attachment import Attachment
from batuta.mcp_tools.result import given_by
from tests.pictures import PNG


def _image(data: bytes, media_type: str = "image/png") -> ImageContent:
    text = base64.b64encode(data).decode()
    return ImageContent(type="image", data=text, mime_type=media_type)


def test_image_is_a_part_of_the_result() -> None:
    said = TextContent(type="text", text="The court:")
    image = Attachment.of(PNG)

    assert given_by("look", CallToolResult(content=[said, _image(PNG)])) == ["The court:", image]
    assert given_by("look", CallToolResult(content=[_image(PNG)])) == [image]


def test_what_lies_about_its_type_is_told_in_words() -> None:
    lies = CallToolResult(content=[_image(b"GIF89a"), _image(PNG, "image/heic")])

    told = given_by("look", lies)
    assert told.startswith("[image of type image/png, 6 bytes]\n[image of type image/heic, ")
