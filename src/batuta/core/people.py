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


class Questioned(Protocol):
    """What of a runtime knows the questions to people, and takes their answers."""

    async def questions(self) -> tuple[Question, ...]:
        """List what runs wait for people to say, oldest first."""
        ...

    async def answer(self, run_id: str, text: str, person: str = "") -> None:
        """Answer the oldest question that a run puts to a person; empty takes one to anybody.

        Raises:
            InvalidInput: The run waits for nobody, or not for this one.
        """
        ...
