"""A loop that answers at once and keeps what it was given to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from batuta.core.message import Message
from batuta.core.run import Run
from batuta.errors import BatutaError
from batuta.parts.loop import LoopResult, LoopSpec


@dataclass
class FakeLoop:
    """Gives its answer, or raises its error.

    Args:
        said: What it says that it did on the way.
    """

    answer: Message | BatutaError = field(default_factory=lambda: Message.assistant("Done."))
    said: tuple[Message, ...] = ()
    starts: int = 0
    driven: list[tuple[LoopSpec, list[Message]]] = field(
        default_factory=list[tuple[LoopSpec, list[Message]]]
    )

    async def start(self) -> None:
        self.starts += 1

    async def drive(self, spec: LoopSpec, messages: Sequence[Message], run: Run) -> LoopResult:
        self.driven.append((spec, list(messages)))
        if isinstance(self.answer, BatutaError):
            raise self.answer
        return LoopResult(self.answer, self.said)
