"""A turn of a conversation with the record of its run, and the protocol of what keeps both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.session import Session


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptTurn:
    """What is kept of one message that was answered, or failed.

    Args:
        session: The conversation as the run left it; None where there is none to keep it in.
        said: What the turn adds to it, oldest first; empty where nothing does.
        request_key: As ``RunStore.save`` takes it.
        updated_at: ISO time.
        most_messages: Most that the conversation keeps; the oldest go.
    """

    record: RunRecord
    session: Session | None = None
    said: Sequence[Message] = ()
    request_key: str = ""
    updated_at: str = ""
    most_messages: int = 400


class TurnStore(Protocol):
    """Keeps a turn in one go, where one store can."""

    async def check(self) -> None:
        """See that turns can be kept, as far as a look can tell; what could not begins no run.

        Raises:
            StoreBusy: It cannot be known now.
            StoreUnusable: What keeps them is gone or damaged.
        """
        ...

    async def keep(self, turn: KeptTurn) -> None:
        """Write the record, and add to the conversation what was said; a second time adds nothing.

        Where the conversation has gone on meanwhile, it is added after that, and the state is this
        turn's. One that its owner deleted is not made again: then the record alone is kept.

        Raises:
            RecordNotFound: The record's id belongs to another principal.
            StoreBusy: Nothing was kept.
            StoreUnusable: Nothing was kept.
        """
        ...
