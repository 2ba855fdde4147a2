"""What the samples of a comparison come to, cell by cell: one subject under one fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import fmean

from batuta.lab.results import Comparison, Sample, SampleEnd, Subject
from batuta.lab.statistics import Estimate, bootstrap, entropy, pass_hat, quantile, wilson

TRIES = (2, 4, 8, 16)
NO_FAULT = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistency:
    """How alike the repeats of one scenario were, over all scenarios.

    Args:
        same_outcome: Share of scenarios whose repeats all ended in one state of the store.
        same_path: Share of scenarios whose repeats all took one path of decisions.
        outcome_bits: Mean entropy of the outcome within a scenario.
        path_bits: Mean entropy of the path within a scenario.
        repeats: Of the scenario that was repeated least; with 1, all of this says nothing.
    """

    same_outcome: float
    same_path: float
    outcome_bits: float
    path_bits: float
    repeats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The figures of one subject under one fault, on some scenarios.

    Args:
        fault: Empty for none.
        success: With the Wilson interval, as if all samples were independent.
        over_scenarios: The same share with the interval of the bootstrap that draws scenarios.
        pass_hat: How probable it is that k tries of a scenario all succeed, by k.
        false_claims: Samples in which something was told as done that was not.
        wrong_bookings: Writes that nobody wanted, over all samples.
        usd: Of all samples; None where one has no price.
        deciders: Share of the decisions by who took them.
        cold_start_s: From the start of a process to the end of its first conversation; None where
            that was not measured.
        lines: Of the App that the subject stands on, beside the tools; None where none are seen.
        endings: How many samples ended how.
        struck: In how many of them a fault really struck.
        recovered: How many of those succeeded.
    """

    subject: Subject
    fault: str
    success: Estimate
    over_scenarios: Estimate
    pass_hat: Mapping[int, float]
    false_claims: Estimate
    wrong_bookings: int
    double_bookings: int
    turns: float
    model_calls: float
    tool_calls: float
    input_tokens: float
    cached_tokens: float
    output_tokens: float
    usd: Decimal | None
    cpu_ms: float
    p50_s: float
    p95_s: float
    consistency: Consistency
    deciders: Mapping[str, float]
    endings: Mapping[SampleEnd, int]
    struck: int = 0
    recovered: int = 0
    cold_start_s: float | None = None
    lines: int | None = None

    @property
    def tokens(self) -> float:
        """Give the tokens of a sample in the mean, both ways."""
        return self.input_tokens + self.output_tokens

    @property
    def tokens_per_success(self) -> float | None:
        """Give what a success takes; None without any."""
        succeeded = self.success.value
        return self.tokens / succeeded if succeeded else None

    @property
    def usd_per_success(self) -> Decimal | None:
        """Give what a success costs; None without any, or without a price."""
        succeeded = self.endings.get("succeeded", 0)
        return self.usd / succeeded if self.usd is not None and succeeded else None


def cells(comparison: Comparison) -> Sequence[Cell]:
    """Give the figures of every subject under every fault, in the comparison's order."""
    found: list[Cell] = []
    counted = dict(zip(comparison.subjects, comparison.lines, strict=False))
    cold = dict(zip(comparison.subjects, comparison.cold_starts_s, strict=False))
    for subject in comparison.subjects:
        own = [each for each in comparison.samples if each.subject == subject]
        for fault in comparison.faults:
            samples = [each for each in own if each.fault == fault]
            if samples:
                cell = cell_of(samples)
                of_it = {"lines": counted.get(subject), "cold_start_s": cold.get(subject)}
                found.append(replace(cell, **of_it))
    return found


def cell_of(samples: Sequence[Sample]) -> Cell:
    """Give the figures of samples of one subject under one fault.

    Raises:
        ValueError: There are none.
    """
    if not samples:
        raise ValueError("A cell needs samples.")
    n = len(samples)
    return Cell(
        subject=samples[0].subject,
        fault=samples[0].fault,
        success=_share(samples, succeeded),
        over_scenarios=_over_scenarios(samples),
        pass_hat=_pass_hat(samples),
        false_claims=_share(samples, claimed_falsely),
        wrong_bookings=sum(each.wrong_bookings for each in samples),
        double_bookings=sum(each.double_bookings for each in samples),
        turns=fmean(each.turns for each in samples),
        model_calls=fmean(each.model_calls for each in samples),
        tool_calls=fmean(each.tool_calls for each in samples),
        input_tokens=fmean(each.input_tokens for each in samples),
        cached_tokens=fmean(each.cached_tokens for each in samples),
        output_tokens=fmean(each.output_tokens for each in samples),
        usd=_money(samples),
        cpu_ms=1_000 * sum(each.cpu_seconds for each in samples) / n,
        p50_s=quantile([each.seconds for each in samples], 0.5),
        p95_s=quantile([each.seconds for each in samples], 0.95),
        consistency=_consistency(samples),
        deciders=_deciders(samples),
        endings=dict(Counter(each.ended for each in samples)),
        struck=sum(bool(each.struck) for each in samples),
        recovered=sum(bool(each.struck) and each.succeeded for each in samples),
    )


def by_scenario(samples: Iterable[Sample]) -> Mapping[str, Sequence[Sample]]:
    """Gather samples by their scenario, in the order they come."""
    gathered: dict[str, list[Sample]] = {}
    for each in samples:
        gathered.setdefault(each.scenario, []).append(each)
    return gathered


def succeeded(sample: Sample) -> bool:
    """Whether a sample succeeded."""
    return sample.succeeded


def claimed_falsely(sample: Sample) -> bool:
    """Whether a sample told as done what was not."""
    return sample.false_claims > 0


def _share(samples: Sequence[Sample], holds: Callable[[Sample], bool]) -> Estimate:
    found = wilson(sum(map(holds, samples)), len(samples))
    if found is None:
        raise ValueError("A share needs samples.")
    return found


def _over_scenarios(samples: Sequence[Sample]) -> Estimate:
    shares = {
        name: [float(each.succeeded) for each in group]
        for name, group in by_scenario(samples).items()
    }
    found = bootstrap(shares)
    if found is None:
        raise ValueError("A share needs samples.")
    return found[0]


def _pass_hat(samples: Sequence[Sample]) -> Mapping[int, float]:
    groups = [
        (sum(each.succeeded for each in group), len(group))
        for group in by_scenario(samples).values()
    ]
    least = min(n for _, n in groups)
    return {
        k: fmean(pass_hat(c, n, k) or 0.0 for c, n in groups)
        for k in sorted({1, least, *TRIES})
        if k <= least
    }


def _money(samples: Sequence[Sample]) -> Decimal | None:
    known = [each.usd for each in samples if each.usd is not None]
    return sum(known, Decimal(0)) if len(known) == len(samples) else None


def _consistency(samples: Sequence[Sample]) -> Consistency:
    groups = list(by_scenario(samples).values())
    outcomes = [entropy([each.outcome for each in group]) for group in groups]
    paths = [entropy([each.path for each in group]) for group in groups]
    return Consistency(
        same_outcome=fmean(bits == 0 for bits in outcomes),
        same_path=fmean(bits == 0 for bits in paths),
        outcome_bits=fmean(outcomes),
        path_bits=fmean(paths),
        repeats=min(map(len, groups)),
    )


def _deciders(samples: Sequence[Sample]) -> Mapping[str, float]:
    """Share the decisions out; that a person spoke is none of them."""
    deciders = (step.partition(":")[0] for each in samples for step in each.path)
    counted = Counter(who for who in deciders if who != "user")
    total = sum(counted.values())
    return {who: n / total for who, n in counted.most_common()}
