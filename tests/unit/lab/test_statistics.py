"""The lab's statistics against scipy, against their definitions, and by what must always hold."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
import scipy  # its parts are loaded when they are asked for
from hypothesis import given, settings
from hypothesis import strategies as st

from batuta.lab.statistics import (
    RESAMPLES,
    Estimate,
    bootstrap,
    entropy,
    holm,
    mcnemar,
    pass_hat,
    quantile,
    wilson,
)

few = settings(max_examples=30, deadline=None)
counts = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def mean_of(clusters: Mapping[str, Sequence[float]], resamples: int = RESAMPLES) -> Estimate:
    found = bootstrap(clusters, resamples=resamples)
    assert found is not None
    return found[0]


def p_of(clusters: Mapping[str, Sequence[float]], resamples: int = RESAMPLES) -> float:
    found = bootstrap(clusters, resamples=resamples)
    assert found is not None
    return found[1]


figures = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)


@few
@given(counts)
def test_a_shares_interval_is_that_of_scipy(of: tuple[int, int]):
    successes, n = of
    found = wilson(successes, n)
    if n == 0:
        assert found is None
        return
    theirs = scipy.stats.binomtest(successes, n).proportion_ci(method="wilson")
    assert found is not None
    assert found.value == successes / n
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_more_confidence_is_a_wider_interval():
    usual, sure = wilson(3, 10), wilson(3, 10, confidence=0.999)
    assert usual
    assert sure
    assert sure.low < usual.low < usual.high < sure.high


@pytest.mark.parametrize(("successes", "n"), [(3, 2), (-1, 2)])
def test_a_share_that_cannot_be_is_refused(successes: int, n: int):
    with pytest.raises(ValueError, match="cannot be"):
        wilson(successes, n)


@few
@given(st.integers(1, 7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.data())
def test_pass_hat_k_is_the_share_of_draws_without_a_failure(
    of: tuple[int, int], data: st.DataObject
):
    successes, n = of
    k = data.draw(st.integers(1, n))
    draws = list(combinations([True] * successes + [False] * (n - successes), k))
    assert pass_hat(successes, n, k) == pytest.approx(sum(all(d) for d in draws) / len(draws))


def test_pass_hat_k_of_too_few_tries_is_unknown():
    assert pass_hat(3, 3, 4) is None
    with pytest.raises(ValueError, match="cannot be"):
        pass_hat(3, 3, 0)


@few
@given(st.integers(0, 300), st.integers(0, 300))
def test_the_test_of_pairs_is_scipys_exact_one(first: int, second: int):
    theirs = scipy.stats.binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar(first, second) == pytest.approx(float(theirs), rel=1e-9)
    assert mcnemar(first, second) == mcnemar(second, first)


@few
@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=60))
def test_entropy_is_scipys_in_bits(seen: list[str]):
    theirs = scipy.stats.entropy([seen.count(each) for each in set(seen)], base=2)
    assert entropy(seen) == pytest.approx(float(theirs), abs=1e-12)
    assert entropy(seen[:1] * 9) == 0


@few
@given(figures, st.floats(0, 1))
def test_quantiles_are_numpys(values: list[float], share: float):
    theirs = float(np.quantile(values, share))
    assert quantile(values, share) == pytest.approx(theirs, rel=1e-9, abs=1e-6)


def test_a_quantile_of_nothing_is_refused():
    with pytest.raises(ValueError, match="needs values"):
        quantile([], 0.5)


@few
@given(st.dictionaries(st.text(max_size=4), st.floats(0, 1), min_size=1, max_size=12))
def test_holm_rejects_what_the_step_down_procedure_rejects(p_values: dict[str, float]):
    adjusted = holm(p_values)
    assert list(adjusted) == list(p_values)
    for level in (0.01, 0.05, 0.2):
        rejected: set[str] = set()
        for rank, name in enumerate(sorted(p_values, key=lambda each: p_values[each])):
            # Exact, so that rounding of a product decides nothing.
            if Fraction(p_values[name]) * (len(p_values) - rank) > Fraction(level):
                break
            rejected.add(name)
        near = {n for n, p in adjusted.items() if math.isclose(p, level, rel_tol=1e-9)}
        assert {n for n, p in adjusted.items() if p <= level} - near == rejected - near


def test_holm_of_a_known_family():
    found = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert found == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})


def test_a_mean_and_its_interval_are_scipys_where_each_observation_is_a_cluster():
    luck = random.Random(7)  # noqa: S311 - a sample to try it on
    values = [luck.gauss(10, 3) for _ in range(60)]
    found = mean_of({str(n): [value] for n, value in enumerate(values)}, resamples=4_000)
    theirs = scipy.stats.bootstrap(
        (values,), np.mean, n_resamples=4_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert found.value == pytest.approx(np.mean(values))
    # Two different draws of 4,000: their ends differ by a twentieth of the interval at most.
    close = (theirs.high - theirs.low) / 20
    assert found.low == pytest.approx(theirs.low, abs=close)
    assert found.high == pytest.approx(theirs.high, abs=close)


def test_repeats_of_one_scenario_make_nothing_surer():
    once = {str(n): [float(n % 2)] for n in range(20)}
    repeated = {name: values * 50 for name, values in once.items()}
    first, second = mean_of(once), mean_of(repeated)
    assert (first.low, first.high) == pytest.approx((second.low, second.high))
    assert second.n == 50 * first.n


@few
@given(st.dictionaries(st.text(max_size=3), figures, max_size=6), st.integers(0, 5))
def test_the_same_seed_gives_the_same_interval_around_the_mean(
    clusters: dict[str, list[float]], seed: int
):
    found = bootstrap(clusters, seed=seed, resamples=50)
    assert found == bootstrap(clusters, seed=seed, resamples=50)
    if not clusters:
        assert found is None
        return
    every = [value for values in clusters.values() for value in values]
    assert found is not None
    assert 0 < found[1] <= 1
    assert min(every) - 1e-6 <= found[0].low <= found[0].high <= max(every) + 1e-6


def test_a_difference_that_all_clusters_show_is_hardly_chance():
    assert p_of({str(n): [1.0, 2.0] for n in range(12)}) == pytest.approx(2 / 2_001)
    assert p_of({str(n): [1.0] * 50 for n in range(3)}) == pytest.approx(0.25)
    assert p_of({str(n): [1.0 if n % 2 else -1.0] for n in range(12)}) > 0.5
    assert bootstrap({}) is None


def test_a_difference_of_means_is_told_as_often_as_a_permutation_tells_it():
    luck = random.Random(3)  # noqa: S311 - a sample to try it on
    values = [luck.gauss(0.4, 1.0) for _ in range(40)]
    theirs = scipy.stats.permutation_test(
        (values,), np.mean, permutation_type="samples", n_resamples=4_000,
        rng=np.random.default_rng(1),
    ).pvalue  # fmt: skip
    ours = p_of({str(n): [value] for n, value in enumerate(values)}, resamples=4_000)
    assert ours == pytest.approx(float(theirs), abs=0.03)
