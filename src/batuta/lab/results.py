"""What a comparison found: its samples, and the file they are kept in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, cast, get_args

from batuta.core.slots import new_dict
from batuta.errors import ConfigError

FORMAT = "batuta-comparison"
VERSION = 1
OFFLINE = "offline"
WEAK_MODELS = ("local:smollm2",)
WEAK_NOTE = (
    "A model marked as weak is real and very small: its figures show what such a model does under "
    "each way of control, and say nothing of larger ones."
)

SampleEnd = Literal["succeeded", "degraded", "failed_clearly", "lied", "wrong"]
"""How a sample ended.

``succeeded``: the store is as it should be. ``degraded``: it is not, and nothing was claimed.
``failed_clearly``: a run ended in an error that says what failed. ``lied``: told as done, not done.
``wrong``: the store has what it must not have.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is compared: a style or composition, on a framework's loop, with a model."""

    style: str
    framework: str = ""
    model: str = OFFLINE

    @property
    def name(self) -> str:
        """Give the words it is told by, such as ``d`` or ``e, langgraph, local:smollm2 (weak)``."""
        model = "" if self.model == OFFLINE else self.model
        parts = (self.style, self.framework, f"{model} (weak)" if self.weak else model)
        return ", ".join(part for part in parts if part)

    @property
    def weak(self) -> bool:
        """Whether its model is known for a weak one, whose figures say little of larger ones."""
        return self.model in WEAK_MODELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One conversation of one subject.

    Args:
        seed: What its wordings and faults were drawn with; the same for every subject.
        fault: Name of the fault it ran under; empty for none.
        wrong_bookings: Writes in the store that the scenario does not want.
        double_bookings: Writes in the store that are there once more than wanted.
        false_claims: Answers that told as done what the store has not.
        usd: None where a model has no price.
        cpu_seconds: Of the process that held the conversation.
        path: Who decided what, in order, such as ``model: tool book``.
        outcome: The store's end state in plain form; equal texts are equal states.
        reason: Why it did not succeed; empty where it did.
        struck: Names of the faults that struck in it, in their order.
    """

    subject: Subject
    scenario: str
    seed: int
    fault: str = ""
    succeeded: bool
    wrong_bookings: int = 0
    double_bookings: int = 0
    false_claims: int = 0
    turns: int = 0
    model_calls: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    usd: Decimal | None = None
    cpu_seconds: float = 0.0
    seconds: float = 0.0
    path: tuple[str, ...] = ()
    outcome: str = ""
    ended: SampleEnd
    reason: str = ""
    struck: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everything that ``batuta compare`` found.

    Args:
        version: Of the file's form.
        seed: What all else was drawn with.
        repeat: Samples of each scenario under each fault.
        faults: Names; the empty one is "none".
        lines: Of the App that each subject stands on, beside the tools; None where none are seen.
        samples: In the order of subjects, scenarios, faults and repeats.
        cold_starts_s: From the start of a process to the end of its first conversation, for each
            subject; None where that was not measured.
        measured_on: What the times depend on: machine, Python, date.
    """

    version: int = VERSION
    app: str
    seed: int
    repeat: int
    scenarios: tuple[str, ...]
    faults: tuple[str, ...] = ("",)
    subjects: tuple[Subject, ...]
    samples: tuple[Sample, ...]
    lines: tuple[int | None, ...] = ()
    cold_starts_s: tuple[float | None, ...] = ()
    measured_on: Mapping[str, str] = field(default_factory=new_dict)


_TIMES = ("cpu_seconds", "seconds")


def comparison_text(comparison: Comparison) -> str:
    """Write a comparison as JSON, one sample a line.

    All before ``measured`` is the same bytes for the same seed; samples of real models and all
    times stand in that block, the times in the order of the samples before them.
    """
    sure = [each for each in comparison.samples if each.subject.model == OFFLINE]
    real = [each for each in comparison.samples if each.subject.model != OFFLINE]
    at = {subject: place for place, subject in enumerate(comparison.subjects)}
    head = {
        "format": FORMAT,
        "version": comparison.version,
        "app": comparison.app,
        "seed": comparison.seed,
        "repeat": comparison.repeat,
        "scenarios": list(comparison.scenarios),
        "faults": list(comparison.faults),
        "subjects": [_subject_json(subject) for subject in comparison.subjects],
        "lines": list(comparison.lines),
    }
    measured = {
        "on": dict(comparison.measured_on),
        "cold_starts_s": [_rounded(each) for each in comparison.cold_starts_s],
        "times": [[round(each.cpu_seconds, 6), round(each.seconds, 6)] for each in sure],
    }
    lines = [f' "{key}": {_dump(value)},' for key, value in head.items()]
    samples = _rows(sample_json(each, at, timed=False) for each in sure)
    own = _rows((sample_json(each, at, timed=True) for each in real), "   ")
    block = [f'  "{key}": {_dump(value)},' for key, value in measured.items()]
    return "\n".join(
        (
            *("{", *lines, f' "samples": [{samples}],', ' "measured": {', *block),
            *(f'  "samples": [{own}]', " }", "}", ""),
        )
    )


def comparison_from(text: str, source: str = "the report") -> Comparison:
    """Read what ``comparison_text`` wrote.

    Args:
        source: What errors call it, such as the file's name.

    Raises:
        ConfigError: It is no comparison, is broken, or is of another version.
    """
    try:
        read: object = json.loads(text)
    except ValueError as error:
        raise _no_comparison(source, f"is no JSON: {error}") from error
    raw = cast("dict[str, Any]", read) if isinstance(read, dict) else {}
    if raw.get("format") != FORMAT:
        raise _no_comparison(source, "is no comparison of batuta")
    if raw.get("version") != VERSION:
        raise ConfigError(
            f"{source} is a comparison of version {raw.get('version')!r}, this batuta reads "
            f"version {VERSION}",
            "Run batuta compare again, or read it with the batuta that wrote it.",
        )
    try:
        return _comparison(raw)
    except (KeyError, TypeError, ValueError, IndexError, InvalidOperation) as error:
        raise _no_comparison(source, f"is broken: {error!r}") from error


def read_comparison(path: Path | str) -> Comparison:
    """Read a comparison's file.

    Raises:
        ConfigError: It cannot be read, is no comparison, or is of another version.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", "Name a report.json.") from error
    return comparison_from(text, str(path))


def sample_json(
    sample: Sample, subjects: Mapping[Subject, int], *, timed: bool = True
) -> dict[str, Any]:
    """Turn a sample into JSON-able data; its subject is told by place.

    Args:
        timed: Whether its measured times are with it.
    """
    said: dict[str, Any] = {"subject": subjects[sample.subject]}
    for name in _PLAIN:
        said[name] = getattr(sample, name)
    said["usd"] = None if sample.usd is None else str(sample.usd)
    said["path"] = list(sample.path)
    if sample.struck:
        said["struck"] = list(sample.struck)
    if timed:
        said |= {name: round(getattr(sample, name), 6) for name in _TIMES}
    return said


def sample_from(
    raw: Mapping[str, Any], subjects: tuple[Subject, ...], times: Mapping[str, float] | None = None
) -> Sample:
    """Read what ``sample_json`` wrote.

    Args:
        times: Its measured times, where they stand elsewhere.

    Raises:
        KeyError: Something is missing.
        ValueError: Something is of a wrong kind.
    """
    if raw["ended"] not in get_args(SampleEnd):
        raise ValueError(f"no ending {raw['ended']!r}")
    usd = raw["usd"]
    given: dict[str, Any] = {name: raw[name] for name in _PLAIN}
    given |= {name: float(raw[name]) for name in _TIMES} if times is None else dict(times)
    return Sample(
        subject=subjects[int(raw["subject"])],
        usd=None if usd is None else Decimal(usd),
        path=tuple(cast("list[str]", raw["path"])),
        struck=tuple(cast("list[str]", raw.get("struck", ()))),
        **given,
    )


_PLAIN = tuple(
    each.name
    for each in fields(Sample)
    if each.name not in ("subject", "usd", "path", "struck", "cpu_seconds", "seconds")
)


def _comparison(raw: Mapping[str, Any]) -> Comparison:
    measured: Mapping[str, Any] = raw["measured"]
    subjects = tuple(_subject(each) for each in raw["subjects"])
    pairs = zip(raw["samples"], measured["times"], strict=True)
    found = [
        sample_from(each, subjects, {"cpu_seconds": cpu, "seconds": wall})
        for each, (cpu, wall) in pairs
    ]
    found += [sample_from(each, subjects) for each in measured["samples"]]
    scenarios, faults = tuple(raw["scenarios"]), tuple(raw["faults"])
    found.sort(
        key=lambda each: (
            subjects.index(each.subject),
            scenarios.index(each.scenario),
            faults.index(each.fault),
        )
    )
    return Comparison(
        version=raw["version"],
        app=raw["app"],
        seed=int(raw["seed"]),
        repeat=int(raw["repeat"]),
        scenarios=scenarios,
        faults=faults,
        subjects=subjects,
        samples=tuple(found),
        lines=tuple(raw.get("lines", ())),
        cold_starts_s=tuple(measured.get("cold_starts_s", ())),
        measured_on=measured["on"],
    )


def _subject_json(subject: Subject) -> dict[str, Any]:
    said = {"style": subject.style, "framework": subject.framework, "model": subject.model}
    return {**said, "weak": True} if subject.weak else said


def _subject(raw: Mapping[str, Any]) -> Subject:
    return Subject(**{name: raw[name] for name in ("style", "framework", "model")})


def _rows(rows: Iterable[Mapping[str, Any]], indent: str = "  ") -> str:
    lines = [f"\n{indent}{_dump(row)}" for row in rows]
    return ",".join(lines) + (f"\n{indent[:-1]}" if lines else "")


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _no_comparison(source: str, what: str) -> ConfigError:
    return ConfigError(f"{source} {what}", "Name a report.json that batuta compare wrote.")
