"""What happened of a plan's faults, and where several processes under one plan know of it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

_STRUCK = "struck.jsonl"


@dataclass(frozen=True, slots=True)
class StruckFault:
    """One fault that happened.

    Args:
        name: Seam and kind.
        place: Step path of the call, in its run.
        at: Name of the model, tool or agent.
        detail: What was changed, where that is not plain.
    """

    name: str
    place: str
    at: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class StruckMarks:
    """What all processes under one plan know of it: how often each fault struck, and where."""

    folder: Path

    def take(self, number: int, most: int | None) -> bool:
        """Take one of the times that a fault may strike; False where others had them all."""
        return most is None or any(self._made(f"{number}-{time}") for time in range(most))

    def note(self, fault: StruckFault) -> None:
        """Write down what struck, in one piece, whoever else writes."""
        with (self.folder / _STRUCK).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(fault)) + "\n")

    def struck(self) -> list[StruckFault]:
        """Read what struck in any of the processes, in the order in which it did."""
        file = self.folder / _STRUCK
        if not file.exists():
            return []
        lines = file.read_text(encoding="utf-8").splitlines()
        return [StruckFault(**json.loads(line)) for line in lines]

    def _made(self, name: str) -> bool:
        """Make a mark; whoever makes it first has it."""
        try:
            os.close(os.open(self.folder / name, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True
