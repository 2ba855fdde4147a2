"""What is counted and measured of runs, once for every kind of metrics; labels are bounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from batuta.core.custom import OwnMeasure
from batuta.telemetry.span_tree import span_tree

if TYPE_CHECKING:
    from batuta.core.model import Usage
    from batuta.telemetry.span_tree import EndedRun, TraceSpan

OTHER = "(other)"
_MOST_VALUES = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """One family.

    Args:
        kind: ``count`` only rises; ``record`` is how values are spread.
        labels: Names of what its values are told apart by.
    """

    kind: Literal["count", "record"]
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""


SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Upper limits of the parts of a spread."""
METRICS: Mapping[str, Metric] = {
    "batuta_runs": Metric(
        kind="count", help="Runs that have ended.", labels=("style", "stop_reason")
    ),
    "batuta_run_seconds": Metric(
        kind="record", help="How long runs took.", labels=("style",), unit="s"
    ),
    "batuta_errors": Metric(
        kind="count", help="Runs that failed, by the error's code.", labels=("style", "code")
    ),
    "batuta_budget_stops": Metric(
        kind="count", help="Runs that their budget or deadline ended.", labels=("style", "limit")
    ),
    "batuta_model_calls": Metric(
        kind="count", help="Calls of models.", labels=("style", "model", "outcome")
    ),
    "batuta_model_call_seconds": Metric(
        kind="record", help="How long models took.", labels=("model",), unit="s"
    ),
    "batuta_tool_calls": Metric(
        kind="count", help="Calls of tools.", labels=("style", "tool", "outcome")
    ),
    "batuta_tool_call_seconds": Metric(
        kind="record", help="How long tools took.", labels=("tool",), unit="s"
    ),
    "batuta_tokens": Metric(
        kind="count",
        help="Tokens of models in parts that never overlap: they add up to all.",
        labels=("style", "model", "part"),
    ),
    "batuta_cost_usd": Metric(
        kind="count", help="US dollars, of calls whose price is known.", labels=("style", "model")
    ),
    "batuta_unpriced_calls": Metric(
        kind="count", help="Calls of models whose price nobody knows.", labels=("style", "model")
    ),
}


class Measure(NamedTuple):
    """One value of a metric, with its labels in the metric's order."""

    name: str
    labels: tuple[str, ...]
    value: float


def measures(ended: EndedRun) -> Iterator[Measure]:
    """Give what is counted of a run."""
    record = ended.record
    style = record.style or "none"
    yield Measure("batuta_runs", (style, record.stop_reason), 1)
    yield Measure("batuta_run_seconds", (style,), record.seconds)
    if record.error:
        yield Measure("batuta_errors", (style, record.error["code"]), 1)
    if record.stop_reason in {"budget", "deadline"}:
        yield Measure("batuta_budget_stops", (style, record.stop_reason), 1)
    for span in span_tree(ended)[1]:
        if span.kind == "model":
            yield from _of_model(style, span)
        elif span.kind == "tool":
            yield Measure("batuta_tool_calls", (style, span.name, _outcome(span)), 1)
            yield Measure("batuta_tool_call_seconds", (span.name,), _seconds(span))


def own_measures(ended: EndedRun) -> Iterator[OwnMeasure]:
    """Give what the run's own code counted and recorded."""
    for event in ended.record.events:
        if event.kind == "measure" and event.data is not None:
            told: Mapping[str, Any] = event.data
            yield OwnMeasure(
                kind=told["what"], name=event.name, value=told["value"], labels=told["labels"]
            )


def exclusive_parts(usage: Usage) -> dict[str, int]:
    """Part tokens so that none counts twice: the parts add up to input and output together."""
    return {
        "input": usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens,
        "cached": usage.cached_tokens,
        "cache_write": usage.cache_write_tokens,
        "output": usage.output_tokens - usage.reasoning_tokens,
        "reasoning": usage.reasoning_tokens,
    }


class Bounded:
    """Keeps the values of labels few: what comes after the first hundred is counted as other."""

    def __init__(self, most: int = _MOST_VALUES) -> None:
        self._most = most
        self._seen: dict[tuple[str, int], set[str]] = {}

    def labels(self, name: str, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Give the labels of a metric as they may be used."""
        return tuple([self._one((name, at), label) for at, label in enumerate(labels)])

    def _one(self, place: tuple[str, int], label: str) -> str:
        seen = self._seen.setdefault(place, set())
        if label not in seen:
            if len(seen) >= self._most:
                return OTHER
            seen.add(label)
        return label


def _of_model(style: str, span: TraceSpan) -> Iterator[Measure]:
    model = str(span.told.get("answered") or span.name)
    yield Measure("batuta_model_calls", (style, model, _outcome(span)), 1)
    yield Measure("batuta_model_call_seconds", (model,), _seconds(span))
    if span.usage is not None:
        for part, tokens in exclusive_parts(span.usage).items():
            if tokens:
                yield Measure("batuta_tokens", (style, model, part), tokens)
    if span.cost is not None:
        yield Measure("batuta_cost_usd", (style, model), span.cost.known_usd)
        if span.cost.usd is None:
            yield Measure("batuta_unpriced_calls", (style, model), 1)


def _outcome(span: TraceSpan) -> str:
    if span.cut:
        return "cut"
    return "ok" if span.error is None else "failed"


def _seconds(span: TraceSpan) -> float:
    return (span.end_ns - span.start_ns) / 1_000_000_000
