"""The sections of a report that are made of figures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from batuta.lab.measures import Cell, by_scenario
from batuta.lab.pairs import Difference
from batuta.lab.report.parts import ReportFigures, ReportTable, Section
from batuta.lab.report.plots import CostPoint, Dot, Heat, heat_plot, interval_plot, scatter_plot
from batuta.lab.report.words import (
    ENDINGS,
    estimate_text,
    fault_text,
    interval_text,
    number_text,
    p_text,
    seconds_text,
    share_text,
    signed_points,
    usd_text,
)
from batuta.lab.results import Sample, Subject
from batuta.lab.statistics import RESAMPLES

PAIRS = 400


def success(found: ReportFigures, fault: str) -> Section:
    """Say how often each succeeded."""
    own = found.under(fault)
    tries = sorted({k for each in own for k in each.pass_hat if k > 1})
    head = ("subject", "succeeded", "95 % interval", "over scenarios")
    rows = [
        (
            found.told(each.subject),
            share_text(each.success.value),
            interval_text(each.success),
            interval_text(each.over_scenarios),
            *(share_text(each.pass_hat[k]) if k in each.pass_hat else "" for k in tries),
            estimate_text(each.false_claims),
            f"{each.wrong_bookings:,}",
            f"{each.double_bookings:,}",
        )
        for each in own
    ]
    dots = [
        Dot(label=each.subject.name, found=each.success, wide=each.over_scenarios) for each in own
    ]
    return Section(
        title="Success",
        words=[_SUCCESS.format(fault=fault_text(fault), resamples=RESAMPLES)],
        plot=interval_plot("Share of conversations that succeeded, with intervals", dots),
        table=ReportTable(
            head=(
                *head,
                *(f"pass^{k}" for k in tries),
                "false claims",
                "wrong bookings",
                "double bookings",
            ),
            rows=rows,
        ),
        brief=True,
    )


def cost(found: ReportFigures, fault: str) -> Section:
    """Say what each took."""
    own = found.under(fault)
    points = [
        CostPoint(label=found.name(each.subject), cost=each.tokens, success=each.success.value)
        for each in own
    ]
    rows = [
        (
            found.told(each.subject),
            number_text(each.turns),
            number_text(each.model_calls),
            number_text(each.tool_calls),
            number_text(each.input_tokens - each.cached_tokens),
            number_text(each.cached_tokens),
            number_text(each.output_tokens),
            "none" if each.tokens_per_success is None else number_text(each.tokens_per_success),
            usd_text(each.usd),
            usd_text(each.usd_per_success),
            seconds_text(each.p50_s),
            seconds_text(each.p95_s),
            f"{each.cpu_ms:.3g} ms",
            "not measured" if each.cold_start_s is None else seconds_text(each.cold_start_s),
            "not counted" if each.lines is None else f"{each.lines:,}",
        )
        for each in own
    ]
    return Section(
        title="Cost against success",
        words=[_COST.format(fault=fault_text(fault))],
        plot=scatter_plot("Tokens against success", points, "tokens a conversation"),
        table=ReportTable(
            head=(
                *("subject", "turns", "model calls", "tool calls"),
                *("input tokens", "from cache", "output tokens", "tokens a success"),
                *("money in all", "money a success", "p50", "p95", "CPU"),
                *("cold start", "lines of the App"),
            ),
            rows=rows,
        ),
        brief=True,
    )


def differences(pairs: Sequence[tuple[Subject, Subject, Difference]], fault: str) -> Section | None:
    """Say which subjects differ, and how surely."""
    if not pairs:
        return None
    shown = sorted(pairs, key=lambda each: (each[2].adjusted_p, -abs(each[2].by.value)))[:PAIRS]
    rows = [
        (
            f"{first.name} → {second.name}",
            share_text(each.first),
            share_text(each.second),
            signed_points(each.by),
            p_text(each.p),
            p_text(each.adjusted_p),
            "yes" if each.significant else "no",
            each.test,
        )
        for first, second, each in shown
    ]
    left_out = len(pairs) - len(shown)
    more = f" The {left_out:,} pairs with the largest p are left out here." if left_out else ""
    return Section(
        title="Differences",
        words=[_DIFFERENCES.format(fault=fault_text(fault)) + more],
        table=ReportTable(
            head=(
                *("pair", "first", "second", "points", "p", "adjusted p", "differ"),
                "test",
            ),
            rows=rows,
        ),
    )


def survival(found: ReportFigures) -> Section | None:
    """Say what each did under each fault; None where there was none."""
    faults = [each for each in found.comparison.faults if found.under(each)]
    if not any(faults):
        return None
    shares = {
        (fault_text(each.fault), found.name(each.subject)): each.success.value
        for each in found.cells
    }
    rows = [
        (
            fault_text(each.fault),
            found.told(each.subject),
            estimate_text(each.success),
            *(f"{each.endings.get(ending, 0):,}" for ending in ENDINGS),
            f"{each.wrong_bookings:,}",
            f"{each.double_bookings:,}",
            f"{each.recovered:,} of {each.struck:,}",
        )
        for fault in faults
        for each in found.under(fault)
    ]
    heat = Heat(
        rows=[fault_text(each) for each in faults],
        columns=[found.name(each) for each in found.comparison.subjects],
        shares=shares,
    )
    return Section(
        title="Survival",
        words=["How many percent succeeded under each fault, and how conversations ended."],
        plot=heat_plot("Share that succeeded under each fault", heat),
        table=ReportTable(
            head=(
                *("fault", "subject", "succeeded", *ENDINGS.values(), "wrong", "double"),
                "succeeded when struck",
            ),
            rows=rows,
        ),
        brief=True,
    )


def steadiness(found: ReportFigures, fault: str) -> Section:
    """Say how alike the repeats were, and who decided."""
    rows = [
        (
            found.told(each.subject),
            *_consistency(each),
            ", ".join(f"{who} {share_text(share)}" for who, share in each.deciders.items()),
        )
        for each in found.under(fault)
    ]
    return Section(
        title="Consistency, and who decided",
        words=[_STEADINESS.format(fault=fault_text(fault))],
        table=ReportTable(
            head=(
                *("subject", "same outcome", "same path", "outcome, bits", "path, bits"),
                "who decided",
            ),
            rows=rows,
        ),
    )


def _consistency(cell: Cell) -> Sequence[str]:
    found = cell.consistency
    if found.repeats < 2:
        return ("not repeated",) * 4
    return (
        share_text(found.same_outcome),
        share_text(found.same_path),
        f"{found.outcome_bits:.2f}",
        f"{found.path_bits:.2f}",
    )


def scenario_by_scenario(found: ReportFigures, fault: str) -> Section:
    """Say how often each succeeded on every scenario."""
    own = {
        subject: by_scenario(each for each in samples if each.fault == fault)
        for subject, samples in groupby(found.comparison.samples, lambda each: each.subject)
    }
    subjects = [each for each in found.comparison.subjects if each in own]
    rows = [
        (
            scenario,
            *(_of(own[subject].get(scenario, ())) for subject in subjects),
        )
        for scenario in found.comparison.scenarios
    ]
    return Section(
        title="Scenario by scenario",
        words=[f"Under {fault_text(fault)}: how many succeeded, of how many."],
        table=ReportTable(head=("scenario", *(found.name(each) for each in subjects)), rows=rows),
    )


def _of(samples: Sequence[Sample]) -> str:
    return f"{sum(each.succeeded for each in samples)} of {len(samples)}" if samples else "not run"


_SUCCESS = """\
Under {fault}. Thick: the Wilson interval, as if all conversations were independent. Thin: the
bootstrap that draws whole scenarios ({resamples:,} times), as repeats of one scenario hang
together; where all succeeded it has no width. pass^k is how probable it is that k tries of a
scenario all succeed."""
_COST = """\
Under {fault}, in the mean of a conversation. The line joins those that no other beats in both.
Where a model has no price, money is unknown, not nothing. A cold start lasts from the start of a
process to the end of its first conversation, whatever else is measured beside it. Lines of the App
are those that the style stands on, beside the tools."""
_DIFFERENCES = """\
Under {fault}, paired by scenario and seed. Points are those of the second less those of the first,
with the interval over scenarios. Adjusted: by Holm, over all pairs of this table. That two are not
told apart does not make them equal."""
_STEADINESS = """\
Under {fault}. Within a scenario: how many scenarios ended the same, and went the same way, in every
repeat, and the entropy in bits (0 where all repeats are alike). Then whose decisions the
conversations were made of."""
