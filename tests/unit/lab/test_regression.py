"""Pairs of subjects, and what has become worse since the last comparison."""

from __future__ import annotations

from dataclasses import replace

import pytest

from batuta.errors import ConfigError
from batuta.lab.pairs import difference, paired, success_pairs
from batuta.lab.regression import compare_with
from batuta.lab.results import Comparison, Subject
from batuta.lab.statistics import mcnemar
from tests.unit.lab.samples import D, F, comparison, sample


def test_only_the_same_scenario_seed_and_fault_make_a_pair():
    first = [sample(D, "a", 0), sample(D, "a", 1), sample(D, "a", 0, fault="cut")]
    second = [sample(F, "a", 0, fault="cut"), sample(F, "b", 0), sample(F, "a", 1)]
    assert [(one.seed, one.fault) for one, _ in paired(first, second)] == [(1, ""), (0, "cut")]


def test_two_subjects_differ_by_exact_mcnemar_where_each_scenario_stands_once():
    found = comparison(lambda subject, n, seed, fault: subject == D or n < 3)
    ((first, second, told),) = success_pairs(found)
    assert (first, second) == (D, F)
    assert (told.first, told.second, told.by.value) == (1.0, 0.3, pytest.approx(-0.7))
    assert told.test == "exact McNemar"
    assert told.p == mcnemar(7, 0) == told.adjusted_p
    assert told.significant


def test_repeats_are_tested_by_drawing_scenarios_and_make_nothing_surer():
    found = comparison(lambda subject, n, s, fault: subject == D or n > 2, repeat=30, scenarios=8)
    ((*_, told),) = success_pairs(found)
    assert told.test == "bootstrap over scenarios"
    assert told.p >= 0.25  # three scenarios differ; 90 pairs do
    assert not told.significant


def test_a_family_of_pairs_is_adjusted_by_holm():
    four = [Subject(style=key) for key in "abcd"]
    found = comparison(
        lambda subject, n, seed, fault: subject.style != "a" or n < 3, subjects=four, scenarios=9
    )
    told = {(one.style, other.style): each for one, other, each in success_pairs(found)}
    assert told["a", "b"].p == mcnemar(0, 6)
    assert told["a", "b"].adjusted_p == pytest.approx(6 * mcnemar(0, 6))
    assert told["b", "c"].adjusted_p == 1.0
    assert difference([], lambda each: 0.0) is None


def test_a_drop_that_is_hardly_chance_is_one():
    last = comparison(lambda *_: True, scenarios=12)
    now = comparison(lambda subject, n, seed, fault: subject == D or n < 3, scenarios=12)
    (drop,) = compare_with(last, now).drops
    assert (drop.subject, drop.measure, drop.fault) == (F, "success", "")
    assert (drop.found.first, drop.found.second) == (1.0, 0.25)
    assert compare_with(last, now).pairs == 24


def test_a_rise_is_no_drop_and_what_may_be_chance_is_told_as_worse():
    last = comparison(lambda subject, n, seed, fault: n < 3, scenarios=12)
    now = comparison(lambda subject, n, seed, fault: n < 2 or subject == F, scenarios=12)
    found = compare_with(last, now)
    assert not found.drops
    assert {(each.subject.style, each.worse) for each in found.changes} == {
        ("d", True),
        ("f", False),
    }


def test_more_false_claims_are_a_drop_though_as_many_succeed():
    last = comparison(lambda *_: False, scenarios=12, ended="degraded")
    now = comparison(lambda *_: False, scenarios=12, ended="lied", false_claims=1)
    assert {each.measure for each in compare_with(last, now).drops} == {"false claims"}


def test_nothing_changed_is_no_change():
    same = comparison(lambda subject, n, seed, fault: n < 5)
    assert compare_with(same, same).changes == []


def test_a_subject_that_is_no_longer_run_is_named():
    last = comparison(lambda *_: True)
    assert compare_with(last, comparison(lambda *_: True, subjects=(D,))).gone == [F]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (comparison(lambda *_: True, app="clinic:app"), "of tennis"),
        (replace(comparison(lambda *_: True), seed=2), "has seed 1"),
        (comparison(lambda *_: True, subjects=(Subject(style="a"),)), "but d; f"),
        (comparison(lambda *_: True, faults=("cut",)), "no scenario and fault in common"),
    ],
)
def test_comparisons_that_cannot_be_compared_are_refused(other: Comparison, said: str):
    with pytest.raises(ConfigError, match=said):
        compare_with(comparison(lambda *_: True), other)
