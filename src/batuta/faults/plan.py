"""Which faults strike, and where: drawn from a seed and the place in the run, never from timing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from batuta.faults.marks import StruckFault, StruckMarks

if TYPE_CHECKING:
    from batuta.core.run import Op
    from batuta.faults.turns import DrawnTurns

Seam = Literal["model", "tool", "transport", "store", "process", "clock"]
Kill = Callable[[str], Awaitable[None]]
"""Ends the process of the agent of that name, as ``kill -9`` does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedFault:
    """One fault of a plan, and when it strikes among the calls that it can happen to.

    Args:
        kind: One of its seam's, such as ``half-done``.
        rate: Share of the calls, from 0 to 1.
        calls: Numbers of the calls, from 1, among those that it can happen to.
        most: How often at most; None for no end.
        seconds: How long what is slow takes, what is locked stays so, or how far a clock jumps.
        only: Name of the one tool or agent that it happens to; empty for any.
    """

    seam: Seam
    kind: str
    rate: float = 0.0
    calls: Collection[int] = ()
    most: int | None = None
    seconds: float = 0.0
    only: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise ValueError("PlannedFault rate must be from 0 to 1.")

    @property
    def name(self) -> str:
        """Seam and kind: ``tool-half-done``."""
        return f"{self.seam}-{self.kind}"


@dataclass(frozen=True, slots=True)
class FaultPlace:
    """One call that a fault may strike.

    Args:
        luck: What chance is drawn from: the question, how far the talk is, the step and its try.
    """

    span: str
    name: str
    luck: str


@dataclass(kw_only=True)
class FaultPlan:
    """Faults of one lot of runs, a conversation or a test, and what has become of them.

    Whether a rate strikes follows from the seed, the fault, and the place: the question, the length
    of the conversation before it, the step path and the number of the try. ``calls`` counts as they
    come, which is the same each time only where calls come one by one.

    Args:
        files: SQLite files that the seam ``store`` strikes; empty for all that are open here.
        kill: For ``process-kill``; None where no agent has a process of its own.
        marks: Folder that outlives this process, for ``process-exit``: who is started again finds
            there that it has struck. None where nobody starts it again.
        shared: What other processes under the same plan know of it too; None where there are none.
        turns: Whose call comes next; None where all go on as they come.
        struck: What happened so far, in this process.
    """

    faults: Collection[PlannedFault]
    seed: int = 0
    files: Collection[Path | str] = ()
    kill: Kill | None = None
    marks: Path | None = None
    shared: StruckMarks | None = None
    turns: DrawnTurns | None = None
    struck: list[StruckFault] = field(default_factory=list[StruckFault])

    def __post_init__(self) -> None:
        self._could: Counter[int] = Counter()
        self._did: Counter[int] = Counter()
        self._tries: Counter[tuple[str, str]] = Counter()
        self.clock_moved_s = 0.0

    def of(self, seam: Seam) -> Iterable[tuple[int, PlannedFault]]:
        """Give a seam's faults with their numbers, in their order."""
        return [(at, fault) for at, fault in enumerate(self.faults) if fault.seam == seam]

    def place(self, op: Op) -> FaultPlace:
        """Name the place of a call, once for each try."""
        job = op.run.job
        self._tries[job.run_id, op.span] += 1
        asked = "" if job.question is None else job.question.text
        luck = (job.principal.id, len(job.session.history), asked, op.span)
        tries = self._tries[job.run_id, op.span]
        return FaultPlace(op.span, op.name, "|".join(map(str, (self.seed, *luck, tries))))

    def chance(self, fault: PlannedFault, place: FaultPlace) -> random.Random:
        """Give the chance of a fault at a place."""
        return random.Random(f"{fault.name}|{place.luck}")  # noqa: S311 - repeats on purpose

    def strikes(self, number: int, place: FaultPlace, detail: str = "") -> bool:
        """Count a call to which a fault can happen, and say whether it does; it is then noted.

        Args:
            number: As ``of`` gives it.
        """
        fault = tuple(self.faults)[number]
        if fault.only not in ("", place.name):
            return False
        self._could[number] += 1
        due = self._could[number] in fault.calls
        due = due or self.chance(fault, place).random() < fault.rate
        if not due or (fault.most is not None and self._did[number] >= fault.most):
            return False
        if self.shared is not None and not self.shared.take(number, fault.most):
            return False
        self._did[number] += 1
        struck = StruckFault(fault.name, place.span, place.name, detail)
        self.struck.append(struck)
        if self.shared is not None:
            self.shared.note(struck)
        return True

    def struck_one(
        self, seam: Seam, place: FaultPlace, can: Collection[str]
    ) -> PlannedFault | None:
        """Give the first of a seam's faults that strikes here; None where none does.

        Args:
            can: Kinds that can happen to this call.
        """
        for number, fault in self.of(seam):
            if fault.kind in can and self.strikes(number, place):
                return fault
        return None
