"""The decision guide: what each answer leaves, and that its data hang together."""

from __future__ import annotations

from itertools import product

import pytest

from batuta.errors import ConfigError
from batuta.lab.advice import advise
from batuta.lab.guide import GOALS, NEIGHBOURS, QUESTIONS, STYLE_GUIDES
from batuta.lab.results import Subject
from batuta.styles import STYLES
from tests.unit.lab.samples import comparison

ROWS = range(1, 38)
OPEN = {"ai": "reasons", "order": "open", "aws": "no"}


@pytest.mark.parametrize(
    ("answers", "style"),
    [
        ({"ai": "reads"}, "a"),
        ({"ai": "reasons", "order": "known"}, "b"),
        ({"ai": "reasons", "order": "known", "isolation": "yes"}, "c"),
        (OPEN | {"control": "code"}, "d"),
        (OPEN | {"control": "agent", "skills": "one"}, "e"),
        (OPEN | {"skills": "several"}, "f"),
        (OPEN | {"skills": "several", "isolation": "yes"}, "g"),
        ({"aws": "yes"}, "h"),
    ],
)
def test_the_guides_questions_lead_where_it_says(answers: dict[str, str], style: str):
    found = advise(answers)
    assert found.style == style
    assert found.fits
    assert [each.question for each in found.reasons] == [
        each.asks for each in QUESTIONS if each.key in answers
    ]


def test_the_simplest_that_fits_is_taken_and_the_others_are_named_in_order():
    found = advise(OPEN)
    assert (found.style, found.others) == ("d", ["e", "f", "g"])
    assert advise({}).style == "a"


def test_answers_that_no_style_fits_are_told_as_such():
    found = advise({"order": "known", "aws": "yes"})
    assert not found.fits
    assert [each.against for each in found.reasons] == [False, True]


def test_no_combination_of_answers_is_without_advice_and_what_fits_is_ruled_out_by_none():
    keys = [(None, *each.answers) for each in QUESTIONS]
    styles: set[str] = set()
    for combination in list(product(*keys))[::7]:
        answers = {q.key: a for q, a in zip(QUESTIONS, combination, strict=True) if a}
        found = advise(answers)
        styles.add(found.style)
        ruled_out = "".join(each.ruling.rules_out for each in found.reasons)
        assert found.fits == (found.style not in ruled_out)
    assert styles == set(STYLE_GUIDES)


@pytest.mark.parametrize(
    ("answers", "said"), [({"colour": "red"}, "no question 'colour'"), ({"ai": "x"}, "answered")]
)
def test_what_is_no_question_or_answer_is_refused(answers: dict[str, str], said: str):
    with pytest.raises(ConfigError, match=said):
        advise(answers)


def test_figures_are_those_of_the_comparison_and_a_surely_better_style_is_told():
    subjects = [Subject(style=key) for key in "de"]
    found = comparison(
        lambda subject, n, seed, fault: subject.style == "e" or n < 2,
        subjects=subjects, scenarios=12, faults=("", "cut"),
    )  # fmt: skip
    told = advise(OPEN | {"skills": "one"}, found)
    assert [(each.subject.style, each.fault) for each in told.measured] == [("d", ""), ("e", "")]
    assert told.warning == "Measured, these succeeded surely more often than d: e."
    assert advise({"aws": "yes"}, found).measured == []
    assert advise(OPEN | {"control": "agent"}, found).warning == ""


def test_another_model_is_no_reason_to_warn():
    subjects = [Subject(style="d"), Subject(style="e", model="openai:gpt-5-mini")]
    found = comparison(lambda s, n, *_: s.style == "e", subjects=subjects, scenarios=12)
    assert advise(OPEN, found).warning == ""


def test_every_style_has_its_guide_and_every_reason_its_row():
    assert list(STYLE_GUIDES) == [each.key for each in STYLES]
    assert len({each.from_simple for each in STYLE_GUIDES.values()}) == len(STYLE_GUIDES)
    traits = [t for guide in STYLE_GUIDES.values() for t in (*guide.good, *guide.bad)]
    rulings = [each for question in QUESTIONS for each in question.answers.values()]
    rows = {row for each in (*traits, *rulings) for row in each.rows}
    assert rows | {each.row for each in GOALS} <= set(ROWS)
    assert {key for each in rulings for key in each.rules_out} <= set(STYLE_GUIDES)
    assert {k for each in NEIGHBOURS for k in (each.first, each.second)} == set(STYLE_GUIDES)
