"""Images and files of a conversation: bytes are kept with a turn, and had back for the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from batuta.core.attachment import check_sizes
from batuta.core.attachment_store import AttachmentStore, attachments_in, filled

if TYPE_CHECKING:
    from batuta.core.ask import Limits
    from batuta.core.attachment import Attachment
    from batuta.core.message import Message
    from batuta.core.record import RunRecord
    from batuta.core.session import Session


def check_shown(
    attachments: Sequence[Attachment],
    limits: Limits,
    shows: Callable[[Sequence[Attachment]], None] | None,
) -> None:
    """See that a message may have these, and that a model can be shown them.

    Raises:
        InvalidInput: They are too many or too large, or nobody here can look at them.
    """
    check_sizes(attachments, most=limits.attachments, most_bytes=limits.attachment_bytes)
    if shows is not None:
        shows(attachments)


async def fill(session: Session, store: AttachmentStore, most_messages: int) -> None:
    """Have the bytes at hand of what a model will be shown of a conversation.

    Args:
        most_messages: How many of the last ones it will be shown.
    """
    lacking = attachments_in(session.history[-most_messages:], there=False)
    if lacking:
        contents = await store.get(session.id, session.principal_id, list(lacking))
        session.history[:] = filled(session.history, contents)


async def keep_shown(turn: Sequence[Message], record: RunRecord, store: AttachmentStore) -> None:
    """Write the bytes that came with a turn, before any conversation names them."""
    fresh = attachments_in(turn, there=True)
    if fresh:
        await store.put(record.session_id, record.principal_id, list(fresh.values()))
