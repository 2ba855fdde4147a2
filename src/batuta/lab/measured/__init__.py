"""Figures that come with Batuta: its own comparison of its tennis club."""

from __future__ import annotations

from importlib.resources import files

from batuta.lab.results import Comparison, comparison_from


def shipped_comparison() -> Comparison:
    """Read the comparison that comes with this version."""
    text = files("batuta.lab.measured").joinpath("tennis.json").read_text(encoding="utf-8")
    return comparison_from(text, "Batuta's own comparison")
