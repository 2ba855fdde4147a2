"""What one message and one conversation at a door may be, by the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batuta.core.ask import Limits

if TYPE_CHECKING:
    from batuta.settings import Settings


def limits_of(settings: Settings) -> Limits:
    """Give the limits of messages and conversations."""
    return Limits(
        message_chars=settings.message_chars,
        attachment_bytes=settings.attachment_bytes,
        history_messages=settings.history_messages,
        wait_s=settings.wait_seconds,
    )
