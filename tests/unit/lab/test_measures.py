"""The figures of a cell."""

from __future__ import annotations

from decimal import Decimal

import pytest

from batuta.lab.measures import cell_of, cells
from batuta.lab.statistics import wilson
from tests.unit.lab.samples import D, F, comparison, sample


def test_every_subject_and_fault_that_was_run_has_a_cell_in_order():
    found = cells(comparison(lambda *_: True, faults=("", "model: error")))
    assert [(each.subject, each.fault) for each in found] == [
        (D, ""), (D, "model: error"), (F, ""), (F, "model: error"),
    ]  # fmt: skip


def test_success_has_both_intervals_and_repeats_do_not_narrow_the_one_over_scenarios():
    once, often = (
        cells(comparison(lambda subject, n, seed, fault: n < 6, repeat=repeat))[0]
        for repeat in (1, 20)
    )
    assert once.success == wilson(6, 10)
    assert often.success == wilson(120, 200)
    assert often.over_scenarios.low == pytest.approx(once.over_scenarios.low)
    assert often.over_scenarios.high - often.over_scenarios.low > 2 * (
        often.success.high - often.success.low
    )


def test_pass_hat_k_is_of_scenarios_and_not_of_all_tries_together():
    # Half of the scenarios always succeed, half never: luck has no part in it.
    found = cells(comparison(lambda subject, n, seed, fault: n % 2 == 0, repeat=4))[0]
    assert found.pass_hat == {1: 0.5, 2: 0.5, 4: 0.5}
    # Each scenario succeeds in half of its tries.
    found = cells(comparison(lambda subject, n, seed, fault: seed % 2 == 0, repeat=4))[0]
    assert found.pass_hat == pytest.approx({1: 0.5, 2: 1 / 6, 4: 0.0})


def test_bookings_claims_endings_and_means_are_counted():
    found = cell_of([
        sample(D, "a", wrong_bookings=1, succeeded=False, ended="wrong", turns=4),
        sample(D, "b", double_bookings=2, succeeded=False, ended="wrong", input_tokens=1_100),
        sample(D, "c", false_claims=3, succeeded=False, ended="lied"),
        sample(D, "d"),
    ])  # fmt: skip
    assert (found.wrong_bookings, found.double_bookings) == (1, 2)
    assert found.false_claims.value == 0.25
    assert found.endings == {"wrong": 2, "lied": 1, "succeeded": 1}
    assert (found.turns, found.input_tokens, found.tokens) == (2.5, 950, 1_010)
    assert found.tokens_per_success == 4_040
    assert found.usd == Decimal("0.004") == found.usd_per_success
    assert found.cpu_ms == pytest.approx(4)


def test_money_is_unknown_where_one_sample_has_no_price_and_never_counts_as_nothing():
    found = cell_of([sample(D, "a"), sample(D, "b", usd=None)])
    assert found.usd is None
    assert found.usd_per_success is None


def test_latency_is_told_by_quantiles():
    found = cell_of([sample(D, str(n), seconds=n / 100) for n in range(101)])
    assert (found.p50_s, found.p95_s) == pytest.approx((0.5, 0.95))


def test_consistency_is_within_a_scenario_not_between_them():
    apart = [sample(D, name, seed, outcome=name) for name in "ab" for seed in range(4)]
    found = cell_of(apart).consistency
    assert (found.same_outcome, found.outcome_bits, found.repeats) == (1, 0, 4)
    wavering = [sample(D, "a", seed, path=(f"model: {seed % 2}",)) for seed in range(4)]
    found = cell_of([*apart[4:], *wavering]).consistency
    assert (found.same_path, found.path_bits) == (0.5, 0.5)


def test_decisions_are_shared_out_by_who_took_them():
    found = cell_of([
        sample(D, "a", path=("model: tool book", "model: answer")),
        sample(D, "b", path=("user: agent d", "code: ask", "code: book")),
    ])  # fmt: skip
    assert found.deciders == {"model": 0.5, "code": 0.5}


def test_a_cell_of_nothing_is_refused():
    with pytest.raises(ValueError, match="needs samples"):
        cell_of([])
