"""What every form of a report is made of: sections with words, a plot and a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from batuta.lab.measures import Cell, cells
from batuta.lab.results import Comparison, Subject

SHORT = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTable:
    """Rows under a head; the first cell of each names its row."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a report.

    Args:
        plot: As SVG; empty for none.
        brief: Whether a summary has it too.
    """

    title: str
    words: Sequence[str] = ()
    plot: str = ""
    table: ReportTable | None = None
    brief: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFigures:
    """A comparison with its figures, made once for all sections."""

    comparison: Comparison
    cells: Sequence[Cell]
    names: Mapping[Subject, str]

    def under(self, fault: str) -> Sequence[Cell]:
        """Give the cells under one fault."""
        return [each for each in self.cells if each.fault == fault]

    def name(self, subject: Subject) -> str:
        """Give the short name of a subject, which plots have room for."""
        return self.names[subject]

    def told(self, subject: Subject) -> str:
        """Give both names of a subject, where it has two."""
        short = self.name(subject)
        return subject.name if short == subject.name else f"{short}: {subject.name}"


def found_in(comparison: Comparison) -> ReportFigures:
    """Make the figures of a comparison."""
    subjects = comparison.subjects
    if all(len(each.name) <= SHORT for each in subjects):
        names = {each: each.name for each in subjects}
    else:
        names = {each: str(number) for number, each in enumerate(subjects, 1)}
    return ReportFigures(comparison=comparison, cells=cells(comparison), names=names)
