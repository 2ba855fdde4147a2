"""What a report says, section by section, for every form it is written in."""

from __future__ import annotations

from collections.abc import Sequence

from batuta.lab.pairs import Difference, success_pairs
from batuta.lab.report.figures import (
    cost,
    differences,
    scenario_by_scenario,
    steadiness,
    success,
    survival,
)
from batuta.lab.report.parts import ReportFigures, ReportTable, Section, found_in
from batuta.lab.report.words import estimate_text, number_text
from batuta.lab.results import OFFLINE, WEAK_NOTE, Comparison, Subject


def sections(comparison: Comparison) -> Sequence[Section]:
    """Say all that a report says, in its order."""
    found = found_in(comparison)
    first = comparison.faults[0] if comparison.faults else ""
    pairs = success_pairs(comparison, first)
    made = [
        _answer(found, first, pairs),
        success(found, first),
        cost(found, first),
        differences(pairs, first),
        survival(found),
        steadiness(found, first),
        scenario_by_scenario(found, first),
        _measured_on(comparison),
    ]
    return [each for each in made if each is not None]


def _answer(
    found: ReportFigures, fault: str, pairs: Sequence[tuple[Subject, Subject, Difference]]
) -> Section:
    own = found.under(fault)
    words = [_setting(found.comparison)]
    if own:
        best = max(own, key=lambda each: (each.success.value, -each.tokens))
        apart = {
            other
            for one, two, told in pairs
            for this, other in ((one, two), (two, one))
            if this == best.subject and told.significant
        }
        alike = [each for each in own if each.subject not in apart]
        cheapest = min(alike, key=lambda each: each.tokens)
        words.append(
            f"Most often right: {best.subject.name}, {estimate_text(best.success)} of "
            f"{best.success.n:,} conversations."
        )
        others = [each.subject.name for each in alike if each is not best]
        if others:
            words.append(
                f"Not told apart from it by these scenarios: {'; '.join(others)}. Of all these "
                f"{cheapest.subject.name} takes least: {number_text(cheapest.tokens)} tokens a "
                "conversation."
            )
    words.append(_harm(found))
    if any(each.model == OFFLINE for each in found.comparison.subjects):
        words.append(
            "The model called offline is a stand-in made of language rules: its figures compare "
            "ways of control, and say nothing of any real model."
        )
    if any(each.weak for each in found.comparison.subjects):
        words.append(WEAK_NOTE)
    return Section(title="The answer", words=words, brief=True)


def _setting(comparison: Comparison) -> str:
    counted = (
        (len(comparison.subjects), "subject"),
        (len(comparison.scenarios), "scenario"),
        (comparison.repeat, "repeat"),
        (len([each for each in comparison.faults if each]), "fault"),
    )
    told = ", ".join(f"{n:,} {what}{'' if n == 1 else 's'}" for n, what in counted)
    samples = f"{len(comparison.samples):,} conversations, seed {comparison.seed}"
    return f"{comparison.app}: {told}; {samples}."


def _harm(found: ReportFigures) -> str:
    wrong = sum(each.wrong_bookings for each in found.cells)
    double = sum(each.double_bookings for each in found.cells)
    lied = sum(each.false_claims > 0 for each in found.comparison.samples)
    return (
        f"Over all of them: {wrong:,} wrong and {double:,} double bookings, and {lied:,} "
        "conversations in which something was told as done that was not."
    )


def _measured_on(comparison: Comparison) -> Section | None:
    if not comparison.measured_on:
        return None
    return Section(
        title="Measured on",
        words=["Times depend on these; all else of offline models follows from the seed."],
        table=ReportTable(
            head=("what", "which"),
            rows=[(key, str(value)) for key, value in comparison.measured_on.items()],
        ),
    )
