"""Images and files that a request brings, whichever door it came by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from batuta.core.attachment import Attachment
from batuta.serve.http.problems import Refused
from batuta.web import FetchLimits, fetch_attachment

if TYPE_CHECKING:
    from batuta.serve.http.schemas import AttachmentIn
    from batuta.settings import Settings


async def attached(given: Sequence[AttachmentIn], settings: Settings) -> tuple[Attachment, ...]:
    """Give the images and files that a request names: its own bytes, or fetched ones.

    Raises:
        Refused: One has neither bytes nor a URL, or both.
        InvalidInput: One cannot be taken.
    """
    made: list[Attachment] = []
    left = settings.attachment_bytes
    for place, each in enumerate(given):
        if (each.data is None) == (each.url is None):
            detail = f"attachments.{place}: give data or url, one of them."
            raise Refused(422, "invalid_input", detail)
        if each.url is not None:
            limits = FetchLimits.of(
                settings.attachment_urls, most_bytes=left, seconds=settings.url_seconds
            )
            found = await fetch_attachment(each.url, limits)
        else:
            found = Attachment.of_base64(
                each.data or "", name=each.name or "", media_type=each.media_type or ""
            )
        left = max(0, left - found.size_bytes)
        made.append(found)
    return tuple(made)
