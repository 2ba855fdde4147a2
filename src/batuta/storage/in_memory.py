"""Stores that end with their process, for an assistant that was given none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batuta.core.attachment_store import AttachmentStore
    from batuta.core.request import RequestLog


def no_requests() -> RequestLog:
    """Make a log that ends with its process."""
    from batuta.storage.requests_sqlite import SqliteRequests

    return SqliteRequests(":memory:")


def no_attachments() -> AttachmentStore:
    """Make a store of images and files that ends with its process."""
    from batuta.storage.attachments_sqlite import SqliteAttachments

    return SqliteAttachments(":memory:")
