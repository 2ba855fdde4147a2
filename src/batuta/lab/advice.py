"""From answers to a style: what they rule out, what is left, and what was measured of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from batuta.errors import ConfigError
from batuta.lab.guide import QUESTIONS, STYLE_GUIDES, GuideQuestion, Ruling
from batuta.lab.measures import Cell, cells
from batuta.lab.pairs import success_pairs
from batuta.lab.results import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One answer and what follows from it.

    Args:
        against: Whether the style taken is one that it rules out, as no style fits all answers.
    """

    question: str
    ruling: Ruling
    against: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The style to take, and why.

    Args:
        others: What fits as well, from simple to elaborate; take one when the first falls short.
        measured: The figures of the style and the others, where a comparison has them.
        warning: That something else was measured as surely better; empty where nothing was.
    """

    style: str
    reasons: Sequence[Reason]
    others: Sequence[str]
    measured: Sequence[Cell] = ()
    warning: str = ""

    @property
    def fits(self) -> bool:
        """Whether the style fits every answer."""
        return not any(each.against for each in self.reasons)


def advise(answers: Mapping[str, str], comparison: Comparison | None = None) -> Advice:
    """Find the simplest style that the answers leave.

    Where they leave none, it is the one that fewest of them rule out, and those are named.

    Args:
        answers: By the questions' keys; what is not answered rules nothing out.

    Raises:
        ConfigError: There is no such question or answer.
    """
    rulings = [(question, _ruling(question, answers[question.key])) for question in _asked(answers)]
    order = sorted(STYLE_GUIDES, key=lambda each: STYLE_GUIDES[each].from_simple)
    against = {style: sum(style in ruling.rules_out for _, ruling in rulings) for style in order}
    least = min(against.values())
    left = [style for style in order if against[style] == least]
    style = left[0]
    return Advice(
        style=style,
        reasons=[
            Reason(question=question.asks, ruling=ruling, against=style in ruling.rules_out)
            for question, ruling in rulings
        ],
        others=left[1:],
        measured=_measured(left, comparison),
        warning=_warning(style, comparison),
    )


def _asked(answers: Iterable[str]) -> Sequence[GuideQuestion]:
    unknown = sorted(set(answers) - {each.key for each in QUESTIONS})
    if unknown:
        raise ConfigError(
            f"There is no question {unknown[0]!r}",
            f"Questions: {', '.join(each.key for each in QUESTIONS)}.",
        )
    return [each for each in QUESTIONS if each.key in set(answers)]


def _ruling(question: GuideQuestion, answer: str) -> Ruling:
    try:
        return question.answers[answer]
    except KeyError:
        raise ConfigError(
            f"{question.key!r} cannot be answered by {answer!r}",
            f"Answers: {', '.join(question.answers)}.",
        ) from None


def _measured(styles: Sequence[str], comparison: Comparison | None) -> Sequence[Cell]:
    if comparison is None:
        return ()
    plain = comparison.faults[0] if comparison.faults else ""
    own = [each for each in cells(comparison) if each.fault == plain]
    return sorted(
        (each for each in own if each.subject.style in styles),
        key=lambda each: styles.index(each.subject.style),
    )


def _warning(style: str, comparison: Comparison | None) -> str:
    """Name what succeeded surely more often than the style on the same model and loop."""
    if comparison is None:
        return ""
    plain = comparison.faults[0] if comparison.faults else ""
    better: list[str] = []
    for first, second, told in success_pairs(comparison, plain):
        for one, other, gain in (
            (first, second, told.by.value),
            (second, first, -told.by.value),
        ):
            alike = (one.model, one.framework) == (other.model, other.framework)
            if one.style == style and alike and told.significant and gain > 0:
                better.append(other.name)
    if not better:
        return ""
    return f"Measured, these succeeded surely more often than {style}: {', '.join(better)}."
