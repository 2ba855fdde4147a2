"""A comparison's samples on disk while it is on, so that one that was killed goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO

from batuta.errors import ConfigError
from batuta.lab.plan import ComparisonPlan, SampleJob
from batuta.lab.results import Sample, sample_from, sample_json

FILE = "journal.jsonl"
_COLD = "cold_start_s"
Key = tuple[int, int, str, int]


class SampleJournal:
    """Keeps each sample as it is taken, a line each; the first line says of which plan.

    A line that was cut by a crash is left out; its sample is taken again.

    Args:
        folder: Made where it is not there.

    Raises:
        ConfigError: The folder cannot be written, or has the journal of another comparison.
    """

    def __init__(self, folder: Path, plan: ComparisonPlan) -> None:
        self.path = folder / FILE
        self._plan = plan
        self._at = {subject: place for place, subject in enumerate(plan.subjects)}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.cold: dict[SampleJob, float] = {}
            self.known = self._read()
            self._file = self._begun()
        except OSError as error:
            raise ConfigError(
                f"{self.path} cannot be kept: {error.strerror}", "Give another --out."
            ) from error

    def add(self, job: SampleJob, sample: Sample, cold_s: float | None = None) -> None:
        """Keep one more sample; a crash of this process right after loses nothing.

        Args:
            cold_s: From the start of its process to its end, where it was the first one there.
        """
        if cold_s is not None:
            self.cold[job] = cold_s
        self._file.write(self._line(job, sample) + "\n")
        self._file.flush()
        self.known[job] = sample

    def close(self, *, done: bool) -> None:
        """Release the file; of a comparison that is done nothing is left to go on with."""
        self._file.close()
        if done:
            self.path.unlink(missing_ok=True)

    def _line(self, job: SampleJob, sample: Sample) -> str:
        row = {"key": self._key(job), **sample_json(sample, self._at)}
        if job in self.cold:
            row[_COLD] = round(self.cold[job], 3)
        return json.dumps(row, ensure_ascii=False)

    def _key(self, job: SampleJob) -> Key:
        return self._at[job.subject], job.place, job.fault, job.repeat

    def _read(self) -> dict[SampleJob, Sample]:
        if not self.path.exists():
            return {}
        rows = list(_whole_lines(self.path))
        if rows and rows[0].get("plan") != self._plan.fingerprint():
            raise ConfigError(
                f"{self.path} belongs to a comparison that was begun with other words",
                "Say the same words to go on with it, give another --out, or add --anew.",
            )
        jobs = {self._key(job): job for job in self._plan.jobs()}
        found: dict[SampleJob, Sample] = {}
        for row in rows[1:]:
            subject, place, fault, repeat = row.pop("key")
            job = jobs[subject, place, fault, repeat]
            if (cold_s := row.pop(_COLD, None)) is not None:
                self.cold[job] = cold_s
            found[job] = sample_from(row, self._plan.subjects)
        return found

    def _begun(self) -> TextIO:
        """Write the whole lines anew, so that what follows does not stand behind a torn one."""
        head = json.dumps({"plan": self._plan.fingerprint()})
        lines = [head]
        lines += [self._line(job, each) for job, each in self.known.items()]
        aside = self.path.with_suffix(".new")
        aside.write_text("\n".join(lines) + "\n", encoding="utf-8")
        aside.replace(self.path)
        return self.path.open("a", encoding="utf-8")


def _whole_lines(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for line in path.read_bytes().split(b"\n")[:-1]:  # what has no end of line was cut
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found
