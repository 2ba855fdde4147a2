"""Figures with their uncertainty, on the standard library: intervals, tests of pairs, entropy."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from statistics import NormalDist, fmean

RESAMPLES = 2_000


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A figure and the 95 % interval around it.

    Args:
        n: On how many observations it rests.
    """

    value: float
    low: float
    high: float
    n: int


def wilson(successes: int, n: int, *, confidence: float = 0.95) -> Estimate | None:
    """Estimate a share; None where nothing was observed.

    Source: Wilson, Journal of the American Statistical Association 22 (1927), 209-212.

    Raises:
        ValueError: More successes than observations, or fewer than none.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} cannot be.")
    if n == 0:
        return None
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, bottom = successes / n, 1 + z * z / n
    middle = (share + z * z / (2 * n)) / bottom
    half = z / bottom * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if successes == 0 else middle - half
    high = 1.0 if successes == n else middle + half
    return Estimate(value=share, low=low, high=high, n=n)


def pass_hat(successes: int, n: int, k: int) -> float | None:
    """Give how probable it is that k further tries all succeed; None where k is more than n.

    Source: Yao et al., tau-bench, arXiv 2406.12045 (2024), section 4.

    Raises:
        ValueError: k below 1, or more successes than tries.
    """
    if k < 1 or not 0 <= successes <= n:
        raise ValueError(f"pass^{k} of {successes} successes in {n} cannot be.")
    return None if k > n else math.comb(successes, k) / math.comb(n, k)


def mcnemar(only_first: int, only_second: int) -> float:
    """Give the exact p value of pairs in which only one of two succeeded.

    Source: McNemar, Psychometrika 12 (1947), 153-157; exact by the binomial distribution.

    Raises:
        ValueError: A number below 0.
    """
    if min(only_first, only_second) < 0:
        raise ValueError("Pairs cannot be fewer than none.")
    n = only_first + only_second
    below = sum(math.comb(n, i) for i in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * below / 2**n)


def bootstrap(
    clusters: Mapping[str, Sequence[float]], *, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[Estimate, float] | None:
    """Estimate a mean whose observations hang together in clusters, and test it against 0.

    Whole clusters are drawn, so repeats of one scenario count for no more than they tell; and a few
    clusters that all show a difference are no surer than as many coins that all fell alike.

    Returns:
        The mean with its percentile interval, and the two-sided p value; None without any.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 8 and 13;
        Davison and Hinkley, Bootstrap Methods and their Application (1997), section 4.4.
    """
    means = resampled_means(clusters, seed=seed, resamples=resamples)
    if not means:
        return None
    every = [value for values in clusters.values() for value in values]
    found = Estimate(
        value=fmean(every),
        low=quantile(means, 0.025),
        high=quantile(means, 0.975),
        n=len(every),
    )
    fewer = min(sum(mean <= 0 for mean in means), sum(mean >= 0 for mean in means))
    differing = sum(math.fsum(values) != 0 for values in clusters.values())
    return found, min(1.0, max(2 * (fewer + 1) / (len(means) + 1), 2.0 ** (1 - differing)))


def resampled_means(
    clusters: Mapping[str, Sequence[float]], *, seed: int, resamples: int
) -> Sequence[float]:
    """Draw clusters with replacement and give the mean of each draw, from low to high."""
    parts = [values for values in clusters.values() if values]
    if not parts:
        return ()
    totals, sizes = [math.fsum(values) for values in parts], [len(values) for values in parts]
    draws = _draws(len(parts), seed, resamples)
    if len(set(sizes)) == 1:
        n = sizes[0] * len(parts)
        return sorted(sum(draw(totals)) / n for draw in draws)
    return sorted(sum(draw(totals)) / sum(draw(sizes)) for draw in draws)


@lru_cache(maxsize=8)
def _draws(
    n: int, seed: int, resamples: int
) -> Sequence[Callable[[Sequence[float]], Sequence[float]]]:
    """Draw once for all figures of as many clusters, which are then compared on the same draws."""
    if n == 1:
        return [list] * resamples
    luck = random.Random(seed)  # noqa: S311 - resampling, no secret
    return [itemgetter(*luck.choices(range(n), k=n)) for _ in range(resamples)]


def holm(p_values: Mapping[str, float]) -> Mapping[str, float]:
    """Adjust the p values of one family, so that the whole of it errs at the level asked for.

    Source: Holm, Scandinavian Journal of Statistics 6 (1979), 65-70.
    """
    adjusted: dict[str, float] = {}
    largest = 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda each: p_values[each])):
        largest = max(largest, min(1.0, p_values[name] * (len(p_values) - rank)))
        adjusted[name] = largest
    return {name: adjusted[name] for name in p_values}


def entropy(seen: Sequence[Hashable]) -> float:
    """Give the Shannon entropy in bits: 0 where all is the same.

    Source: Shannon, Bell System Technical Journal 27 (1948), 379-423.
    """
    n = len(seen)
    return math.fsum(-c / n * math.log2(c / n) for c in Counter(seen).values()) + 0.0


def quantile(values: Sequence[float], share: float) -> float:
    """Give the value below which a share of all lies, linear between neighbours.

    Source: Hyndman and Fan, The American Statistician 50 (1996), 361-365, definition 7.

    Raises:
        ValueError: No values, or a share outside 0 to 1.
    """
    if not values or not 0 <= share <= 1:
        raise ValueError("A quantile needs values and a share from 0 to 1.")
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
