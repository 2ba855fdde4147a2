"""What keeps the bytes of images and files, apart from the sessions and records that name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from batuta.core.attachment import Attachment
from batuta.core.message import Message


class AttachmentStore(Protocol):
    """Keeps bytes by conversation and digest, as long as conversations after their last use."""

    async def put(
        self, session_id: str, principal_id: str, attachments: Sequence[Attachment]
    ) -> None:
        """Write the bytes of those that have them at hand; what is there already stays longer."""
        ...

    async def get(
        self, session_id: str, principal_id: str, digests: Sequence[str]
    ) -> Mapping[str, bytes]:
        """Read bytes by digest; what is gone, or another principal's, is not among them."""
        ...

    async def delete(self, session_id: str, principal_id: str) -> None:
        """Remove all of one conversation; one that has none is left alone."""
        ...

    async def probe(self) -> None:
        """See ``Probe.probe``."""
        ...

    async def aclose(self) -> None:
        """Release what the store holds; it cannot be used afterwards."""
        ...


def attachments_in(messages: Sequence[Message], *, there: bool) -> dict[str, Attachment]:
    """Find the images and files of messages by digest.

    Args:
        there: Those whose bytes are at hand, or else those whose are not.
    """
    with_parts = [message for message in messages if message.parts]
    found = [each for message in with_parts for each in message.attachments]
    return {each.digest: each for each in found if (each.content is not None) is there}


def filled(messages: Sequence[Message], contents: Mapping[str, bytes]) -> list[Message]:
    """Give messages whose images and files have their bytes at hand, as far as they are kept."""
    return [_filled(message, contents) if message.parts else message for message in messages]


def _filled(message: Message, contents: Mapping[str, bytes]) -> Message:
    parts = tuple(
        part.filled(contents[part.digest])
        if isinstance(part, Attachment) and part.content is None and part.digest in contents
        else part
        for part in message.parts
    )
    return replace(message, parts=parts)
