"""What is seen of a response below an SDK."""

from __future__ import annotations

from batuta.errors import Portable

STAND_IN_HEADER = "x-batuta-stand-in"
"""Stands on every response of a stand-in server, with the value ``true``."""


class ReplyTooLong(Portable, Exception):
    """The reply is longer than is read; ends the reading.

    Args:
        most_bytes: What is read.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        super().__init__(f"the reply is longer than {most_bytes:,} bytes")


class SeenResponse:
    """What is seen of a response below the SDK: whether a stand-in server gave it."""

    stand_in: bool = False
