"""Comparisons made up for the tests of what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from batuta.lab.results import Comparison, Sample, Subject

D, F = Subject(style="d"), Subject(style="f")


def sample(subject: Subject, scenario: str, seed: int = 0, **more: Any) -> Sample:
    """Make one that succeeded, unless told otherwise."""
    plain: dict[str, Any] = {
        "succeeded": True, "turns": 2, "model_calls": 3, "tool_calls": 2, "input_tokens": 900,
        "cached_tokens": 100, "output_tokens": 60, "usd": Decimal("0.001"), "cpu_seconds": 0.004,
        "seconds": 0.01, "path": ("model: tool book", "code: answer"), "outcome": "a-1",
    }  # fmt: skip
    plain |= more
    plain.setdefault("ended", "succeeded" if plain["succeeded"] else "degraded")
    return Sample(subject=subject, scenario=scenario, seed=seed, **plain)


def comparison(
    right: Callable[[Subject, int, int, str], bool],
    *,
    scenarios: int = 10,
    repeat: int = 1,
    subjects: Sequence[Subject] = (D, F),
    faults: Sequence[str] = ("",),
    app: str = "tennis",
    **more: Any,
) -> Comparison:
    """Make one whose samples succeed where ``right`` says so."""
    names = [f"scenario-{n}" for n in range(scenarios)]
    found = [
        sample(subject, name, seed, fault=fault, succeeded=right(subject, n, seed, fault), **more)
        for subject in subjects
        for n, name in enumerate(names)
        for fault in faults
        for seed in range(repeat)
    ]
    return Comparison(
        app=app, seed=1, repeat=repeat, scenarios=tuple(names), faults=tuple(faults),
        subjects=tuple(subjects), samples=tuple(found), measured_on={"python": "3.13"},
    )  # fmt: skip
