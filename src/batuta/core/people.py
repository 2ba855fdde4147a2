"""Questions to people, and where their answers come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from batuta.core.message import Message


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What a run waits for a person to say.

    Args:
        span: Step path of the waiting; with the run's id, the question's own id.
        person: Name of whoever is asked.
    """

    run_id: str
    span: str
    person: str
    message: Message


class People(Protocol):
    """Where questions to people are put, and their answers come from; a part of every runtime."""

    async def ask(self, question: Question) -> Message:
        """Wait for the answer."""
        ...
