"""What is found of an assertion, and in which words it is said whether it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal[
    "holds", "does not hold", "in part", "not told apart", "assumed", "not testable here",
    "not measured yet",
]  # fmt: skip
"""``assumed``: the figure follows from a rate that was set, and is swept."""

OFFLINE = "offline rules"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One row of the evidence.

    Args:
        number: Of the assertion.
        measure: What was counted.
        figure: With its interval, where chance has a part in it.
        model: What answered.
    """

    number: int
    measure: str
    figure: str
    model: str
    verdict: Verdict
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Study:
    """A part of the page of its own, with findings or without.

    Args:
        rows: A table: what, figure.
    """

    title: str
    words: Sequence[str]
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = field(default_factory=tuple[Sequence[str], ...])
