"""Images and files around a framework, which carries words: they are put back where they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batuta.core.attachment import Attachment
    from batuta.core.message import Message


def with_files(
    messages: Sequence[Message],
    asked: Sequence[Message],
    shown: Mapping[str, tuple[Attachment, ...]],
) -> list[Message]:
    """Give a framework's messages with what stood beside their words.

    Args:
        asked: The user's messages as they were given to it: it keeps their order and their words.
        shown: By tools, by the ids of their calls.
    """
    made: list[Message] = []
    at = 0
    for message in messages:
        if message.role == "tool":
            made.append(message.attaching(*shown.get(message.call_id or "", ())))
            continue
        places = range(at, len(asked)) if message.role == "user" else ()
        place = next((p for p in places if asked[p].text == message.text), None)
        if place is None:
            made.append(message)
            continue
        at = place + 1
        made.append(message.attaching(*asked[place].attachments))
    return made
