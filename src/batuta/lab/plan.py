"""What a comparison is going to do: its subjects, scenarios, faults and seeds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from batuta.core.scenario import Scenario
from batuta.lab.results import VERSION, Subject


class SampleJob(NamedTuple):
    """One sample that is to be taken.

    Args:
        place: Of its scenario in the plan.
        seed: Follows from the plan's seed, the scenario and the repeat: each subject has the same.
    """

    subject: Subject
    place: int
    fault: str
    repeat: int
    seed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparisonPlan:
    """Which samples make up a comparison.

    Args:
        app: Name by which the App is opened.
        own: Names of scenarios that the App itself brings, whose checks look into its data.
        in_process: Whether services of C and G are hosted here, not in processes of their own.
    """

    app: str
    subjects: tuple[Subject, ...]
    scenarios: tuple[Scenario, ...]
    faults: tuple[str, ...] = ("",)
    repeat: int = 1
    seed: int = 1
    own: frozenset[str] = frozenset()
    in_process: bool = False

    def jobs(self) -> Iterator[SampleJob]:
        """Give every sample's job, in the order in which a comparison has them."""
        for subject in self.subjects:
            for place, scenario in enumerate(self.scenarios):
                for fault in self.faults:
                    for repeat in range(self.repeat):
                        seed = seed_of(self.seed, scenario.name, repeat)
                        yield SampleJob(subject, place, fault, repeat, seed)

    @property
    def size(self) -> int:
        """How many samples there are."""
        each = len(self.scenarios) * len(self.faults) * self.repeat
        return len(self.subjects) * each

    def portable(self) -> ComparisonPlan:
        """Copy it without what cannot leave this process: the App's own checks."""
        plain = tuple(replace(each, check=None) for each in self.scenarios)
        return replace(self, scenarios=plain)

    def fingerprint(self) -> str:
        """Give a text that is the same for the same plan, and for no other."""
        said: dict[str, Any] = {
            "version": VERSION,
            "app": self.app,
            "subjects": [asdict(each) for each in self.subjects],
            "scenarios": [asdict(each) for each in self.portable().scenarios],
            "faults": self.faults,
            "repeat": self.repeat,
            "seed": self.seed,
        }
        plain = json.dumps(said, sort_keys=True, default=str)
        return hashlib.sha256(plain.encode()).hexdigest()[:32]


def seed_of(seed: int, scenario: str, repeat: int) -> int:
    """Give a sample's seed.

    >>> seed_of(1, "tomorrow at three", 0) == seed_of(1, "tomorrow at three", 0)
    True
    """
    told = hashlib.sha256(f"{seed}|{scenario}|{repeat}".encode())
    return int.from_bytes(told.digest()[:6])


def in_lots(jobs: Sequence[SampleJob], size: int) -> list[list[SampleJob]]:
    """Cut jobs into lots of one subject each, of at most a size; 0 keeps a subject's together."""
    lots: list[list[SampleJob]] = []
    for job in jobs:
        fits = lots and lots[-1][0].subject == job.subject
        if fits and (not size or len(lots[-1]) < size):
            lots[-1].append(job)
        else:
            lots.append([job])
    return lots
