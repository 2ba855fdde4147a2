"""Figures that come with Batuta: of its tennis club, and of what is asserted of the patterns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from batuta.lab.results import Comparison, comparison_from


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """What was found of one assertion.

    Args:
        figure: Empty where nothing was measured.
        model: What answered.
    """

    assertion: str
    figure: str
    model: str
    verdict: str


@cache
def shipped_comparison() -> Comparison:
    """Read the comparison that comes with this version."""
    return comparison_from(_read("tennis.json"), "Batuta's own comparison")


@cache
def shipped_evidence() -> Mapping[int, EvidenceRow]:
    """Read the rows of the evidence, by number."""
    rows: Mapping[str, Mapping[str, str]] = json.loads(_read("evidence.json"))
    return {int(number): EvidenceRow(**row) for number, row in rows.items()}


@cache
def shipped_spectrum() -> Mapping[str, Mapping[str, float]]:
    """Read who took which share of the decisions, by style."""
    return json.loads(_read("spectrum.json"))


def _read(name: str) -> str:
    return files("batuta.lab.measured").joinpath(name).read_text(encoding="utf-8")
