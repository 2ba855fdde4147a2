"""What changes when another framework holds E's loop."""

from __future__ import annotations

from collections.abc import Sequence

from batuta.lab.report.words import share_text
from batuta.lab.results import Comparison, Sample
from bench.evidence.finding import OFFLINE, Finding


def findings(comparison: Comparison) -> Sequence[Finding]:
    """Compare each framework's samples with those of E's usual loop."""
    by_loop: dict[str, dict[tuple[str, int], Sample]] = {}
    for each in comparison.samples:
        by_loop.setdefault(each.subject.framework, {})[each.scenario, each.seed] = each
    first, *others = by_loop
    told: list[str] = []
    alike = True
    for name in others:
        pairs = [(one, by_loop[first][key]) for key, one in by_loop[name].items()]
        shares = [
            sum(test(one, usual) for one, usual in pairs) / len(pairs)
            for test in (_same_outcome, _same_path, _same_calls)
        ]
        alike &= min(shares) == 1
        words = zip(("outcome", "path", "calls"), shares, strict=True)
        said = ", ".join(f"{what} {share_text(share)}" for what, share in words)
        told.append(f"{name}: {said}")
    return [
        Finding(
            number=20,
            measure=f"the same scenarios on each loop: how often as on {first or 'the usual'}",
            figure="; ".join(told),
            model=OFFLINE,
            verdict="does not hold" if alike else "in part",
            note="on our Run: budgets, checks and effects are the same whoever loops",
        )
    ]


def _same_outcome(one: Sample, other: Sample) -> bool:
    return one.outcome == other.outcome


def _same_path(one: Sample, other: Sample) -> bool:
    return one.path == other.path


def _same_calls(one: Sample, other: Sample) -> bool:
    return (one.model_calls, one.tool_calls) == (other.model_calls, other.tool_calls)
