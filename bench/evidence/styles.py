"""Rows that a comparison of the styles on the club's scenarios decides."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from batuta.lab.measures import by_scenario
from batuta.lab.pairs import LEVEL, Difference, difference, paired
from batuta.lab.report.words import estimate_text, signed_points
from batuta.lab.results import Comparison, Sample
from batuta.lab.scenario_file import read_scenarios
from batuta.lab.statistics import bootstrap, entropy, wilson
from bench.evidence.finding import OFFLINE, Finding, Verdict

STEPS = ("parse", "availability", "choose", "book", "confirm")
Measure = Callable[[Sample], float]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A comparison, by style and kind of scenario."""

    comparison: Comparison
    kinds: dict[str, str]

    def of(self, style: str, kinds: Collection[str] = (), framework: str = "") -> list[Sample]:
        """Give a style's samples of some kinds of scenarios; of all where none is named."""
        return [
            each
            for each in self.comparison.samples
            if each.subject.style == style
            and each.subject.framework == framework
            and not each.fault
            and (not kinds or self.kinds[each.scenario] in kinds)
        ]

    def apart(
        self, first: str, second: str, *, measure: Measure, kinds: Collection[str] = ()
    ) -> Difference:
        """Compare two styles in pairs."""
        found = difference(paired(self.of(first, kinds), self.of(second, kinds)), measure)
        if found is None:
            raise SystemExit(f"{first} and {second} have no samples in common.")
        return found


def measured_in(comparison: Comparison) -> Measured:
    """Put the kinds of the club's scenarios beside a comparison of them."""
    kinds = {each.name: each.kind for each in read_scenarios("tennis")}
    return Measured(comparison=comparison, kinds=kinds)


def findings(comparison: Comparison) -> Sequence[Finding]:
    """Decide what a comparison of all styles can."""
    found = measured_in(comparison)
    return [
        _predictable(found),
        _rigid(found),
        _cheapest(found),
        _in_order(found),
        _plain_questions(found),
        _other_orders(found, 10, ("several turns", "correction"), expected_worse="b"),
        _network(found),
        _other_orders(found, 14, ("ambiguity", "no booking wanted"), expected_worse="b"),
        _least_sure(found),
        _several_turns(found),
        _several_agents(found),
        _dearest(found),
        _managed(found),
        _sweet_spot(found),
        _complexity(found),
        _ranks(found),
    ]


def succeeded(sample: Sample) -> float:
    """Give 1 for a success."""
    return float(sample.succeeded)


def tokens(sample: Sample) -> float:
    """Give the tokens both ways."""
    return float(sample.input_tokens + sample.output_tokens)


def model_calls(sample: Sample) -> float:
    """Give the calls of models."""
    return float(sample.model_calls)


def path_bits(samples: Sequence[Sample]) -> str:
    """Give the mean entropy of the path within a scenario, with its interval."""
    found = bootstrap({k: [entropy([e.path for e in g])] for k, g in by_scenario(samples).items()})
    if found is None:
        raise SystemExit("There are no samples of it.")
    value = found[0]
    return f"{value.value:.2f} bits ({value.low:.2f} to {value.high:.2f})"


def surely_wavers(less: Sequence[Sample], more: Sequence[Sample]) -> bool:
    """Whether the path of the second wavers surely more than that of the first."""
    others = by_scenario(more)
    found = bootstrap(
        {
            name: [entropy([e.path for e in others[name]]) - entropy([e.path for e in group])]
            for name, group in by_scenario(less).items()
        }
    )
    return found is not None and found[0].value > 0 and found[1] < LEVEL


def bits(samples: Sequence[Sample]) -> float:
    """Give the mean entropy of the path within a scenario."""
    return fmean(entropy([each.path for each in group]) for group in by_scenario(samples).values())


def share(samples: Sequence[Sample]) -> str:
    """Give the share that succeeded, with its interval."""
    found = wilson(sum(each.succeeded for each in samples), len(samples))
    if found is None:
        raise SystemExit("There are no samples of it.")
    return estimate_text(found)


def times(found: Difference) -> str:
    """Give how many times the first the second is, with the interval over scenarios."""
    low, value, high = (
        1 + each / found.first for each in (found.by.low, found.by.value, found.by.high)
    )
    return f"{value:.2f} times ({low:.2f} to {high:.2f})"


def more(found: Difference) -> Verdict:
    """Whether the second is surely more than the first."""
    if not found.significant:
        return "not told apart"
    return "holds" if found.by.value > 0 else "does not hold"


def less(found: Difference) -> Verdict:
    """Whether the second is surely less than the first."""
    if not found.significant:
        return "not told apart"
    return "holds" if found.by.value < 0 else "does not hold"


def _predictable(found: Measured) -> Finding:
    others = {key: bits(found.of(key)) for key in "bdef"}
    return Finding(
        number=1,
        measure="entropy of the path of decisions over other wordings of the same request",
        figure=f"A {path_bits(found.of('a'))}; "
        + ", ".join(f"{key.upper()} {value:.2f}" for key, value in others.items()),
        model=OFFLINE,
        verdict="holds" if surely_wavers(found.of("a"), found.of("d")) else "not told apart",
        note="rules waver only where they read a wording otherwise, under every style alike",
    )


def _rigid(found: Measured) -> Finding:
    kinds = ("ambiguity", "impossible", "no booking wanted")
    told = found.apart("d", "a", measure=succeeded, kinds=kinds)
    return Finding(
        number=2,
        measure="success on windows, two wishes, questions and what cannot be, A against D",
        figure=f"A {share(found.of('a', kinds))}, D {share(found.of('d', kinds))}; "
        f"{signed_points(told.by)} points",
        model=OFFLINE,
        verdict=less(told),
        note="A's form has fields for windows of time, and says what it is not for",
    )


def _cheapest(found: Measured) -> Finding:
    each = {key: fmean(map(tokens, found.of(key))) for key in "abdefh"}
    told = found.apart(
        "a", min((k for k in each if k != "a"), key=each.__getitem__), measure=tokens
    )
    return Finding(
        number=5,
        measure="tokens of a conversation; the next cheapest against A",
        figure=", ".join(f"{key.upper()} {value:,.0f}" for key, value in each.items())
        + f"; {times(told)}",
        model=OFFLINE,
        verdict=more(told),
        note="tokens counted as a quarter of the characters; prices are not in it",
    )


def _in_order(found: Measured) -> Finding:
    runs = [run for each in found.of("b") + found.of("c") for run in _steps(each)]
    right = sum(list(run) == list(STEPS[: len(run)]) for run in runs)
    told = wilson(right, len(runs))
    return Finding(
        number=7,
        measure="runs of B and C whose steps are the first of the fixed ones, in their order",
        figure=f"{right:,} of {len(runs):,}" + ("" if told is None else f" (from {told.low:.2%})"),
        model=OFFLINE,
        verdict="holds" if right == len(runs) else "does not hold",
    )


def _steps(sample: Sample) -> Sequence[Sequence[str]]:
    runs: list[list[str]] = []
    for step in sample.path:
        if step.startswith("user: agent"):
            runs.append([])
        elif step.startswith("workflow: agent "):
            runs[-1].append(step.removeprefix("workflow: agent "))
    return runs


def _plain_questions(found: Measured) -> Finding:
    kinds = ("no booking wanted",)
    told = found.apart("d", "b", measure=tokens, kinds=kinds)
    calls = {k: fmean(map(model_calls, found.of(k, kinds))) for k in "abde"}
    return Finding(
        number=8,
        measure="calls of models and tokens where nobody wants to book, B against D",
        figure=", ".join(f"{key.upper()} {value:.2f} calls" for key, value in calls.items())
        + f"; {times(told)} the tokens",
        model=OFFLINE,
        verdict=more(told),
        note="B leaves after its first step where something is missing",
    )


def _other_orders(
    found: Measured, number: int, kinds: Collection[str], *, expected_worse: str
) -> Finding:
    told = found.apart("d", expected_worse, measure=succeeded, kinds=kinds)
    return Finding(
        number=number,
        measure=f"success on {' and '.join(kinds)}, B against D",
        figure=f"B {share(found.of('b', kinds))}, D {share(found.of('d', kinds))}; "
        f"{signed_points(told.by)} points",
        model=OFFLINE,
        verdict=less(told),
    )


def _network(found: Measured) -> Finding:
    told = found.apart("b", "c", measure=lambda each: each.seconds)
    return Finding(
        number=12,
        measure="time of a conversation, C against B, processes on one machine's loopback",
        figure=f"{1000 * told.first:.0f} ms and {1000 * told.second:.0f} ms, {times(told)}",
        model=OFFLINE,
        verdict=more(told),
        note="the rules answer at once; beside a real model's seconds it is little",
    )


def _least_sure(found: Measured) -> Finding:
    each = {key: bits(found.of(key)) for key in "bdefg"}
    steps = [surely_wavers(found.of(a), found.of(b)) for a, b in pairwise("bdef")]
    verdict: Verdict = "holds" if all(steps) else "in part" if any(steps) else "not told apart"
    return Finding(
        number=16,
        measure="entropy of the path over other wordings, in the order B, D, E, F, G",
        figure=", ".join(f"{key.upper()} {value:.2f}" for key, value in each.items()) + " bits",
        model=OFFLINE,
        verdict=verdict,
        note="rules waver only where they read a wording otherwise; one that samples would tell",
    )


def _several_turns(found: Measured) -> Finding:
    kinds = ("several turns", "correction")
    told = found.apart("a", "e", measure=succeeded, kinds=kinds)
    return Finding(
        number=19,
        measure="success over several turns, E against A",
        figure=f"E {share(found.of('e', kinds))}, A {share(found.of('a', kinds))}",
        model=OFFLINE,
        verdict="holds" if not (told.significant and told.by.value < 0) else "does not hold",
        note="lines of code: see below",
    )


def _several_agents(found: Measured) -> Finding:
    told, calls = found.apart("e", "f", measure=tokens), found.apart("e", "f", measure=model_calls)
    return Finding(
        number=22,
        measure="tokens and calls of a conversation, F against E",
        figure=f"{times(told)} the tokens, {times(calls)} the calls",
        model=OFFLINE,
        verdict=more(told),
    )


def _dearest(found: Measured) -> Finding:
    each = {key: 1000 * fmean(s.seconds for s in found.of(key)) for key in "abcdefgh"}
    told = found.apart("f", "g", measure=lambda one: one.seconds)
    dearest = max(each, key=each.__getitem__)
    return Finding(
        number=25,
        measure="time of a conversation; G's three processes against F's one",
        figure=", ".join(f"{key.upper()} {value:.0f} ms" for key, value in each.items())
        + f"; G {times(told)} F",
        model=OFFLINE,
        verdict=more(told) if dearest == "g" else "in part",
        note="no account here: what it costs on AWS is priced in the pages, not measured",
    )


def _managed(found: Measured) -> Finding:
    told = found.apart("e", "h", measure=lambda each: float(len(each.path)))
    late = found.apart("e", "h", measure=lambda each: each.seconds)
    return Finding(
        number=27,
        measure="decisions that the trace tells of a conversation, and its time, H against E",
        figure=f"{times(told)} the decisions, {times(late)} the time",
        model=f"{OFFLINE} behind a stand-in of AWS's interface",
        verdict="not testable here",
        note="the stand-in tells what AWS's trace would; its latency is no measure of AWS",
    )


def _sweet_spot(found: Measured) -> Finding:
    kinds = ("ambiguity",)
    b, a, e = (share(found.of(key, kinds)) for key in "bae")
    sure = not surely_wavers(found.of("a"), found.of("b"))
    told = found.apart("e", "b", measure=succeeded, kinds=kinds)
    worse = told.significant and told.by.value < 0
    return Finding(
        number=28,
        measure="entropy of the path, and success on ambiguous wording, B beside A and E",
        figure=f"B {bits(found.of('b')):.2f} bits, A {bits(found.of('a')):.2f}; "
        f"success B {b}, A {a}, E {e}",
        model=OFFLINE,
        verdict="does not hold" if worse else "holds" if sure else "in part",
        note="rules read the words for all three alike, so that success says little",
    )


def _complexity(found: Measured) -> Finding:
    kinds = list(dict.fromkeys(found.kinds.values()))
    gains = {kind: found.apart("e", "f", measure=succeeded, kinds=(kind,)) for kind in kinds}
    better = [kind for kind, told in gains.items() if told.significant and told.by.value > 0]
    return Finding(
        number=29,
        measure="success of F less that of E, by kind of scenario",
        figure=f"better in {len(better)} of {len(kinds)} kinds; "
        f"{times(found.apart('e', 'f', measure=tokens))} the tokens",
        model=OFFLINE,
        verdict="in part",
        note="it does not pay here, with two tools; where it would is not measured",
    )


def _ranks(found: Measured) -> Finding:
    cost = {key: fmean(map(tokens, found.of(key))) for key in "abdef"}
    ranked = sorted(cost, key=cost.__getitem__)
    return Finding(
        number=30,
        measure="rank by tokens beside the tables' rank by cost: A least, F most, the rest between",
        figure=" < ".join(key.upper() for key in ranked),
        model=OFFLINE,
        verdict="in part" if (ranked[0], ranked[-1]) == ("a", "f") else "does not hold",
        note="of the four ranks only cost is measured here; row 16 has predictability",
    )
