"""What runs spent, added up by style, model, principal, day or whatever else it is told by."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from batuta.core.model import Usage
from batuta.core.spending import CallSpending

if TYPE_CHECKING:
    from batuta.core.price import Prices
    from batuta.core.spending import RunSpending, SpentOn

NO_RUN = "(runs of long ago)"
"""Stands for runs that are told apart no more."""

_Key = Callable[["RunSpending", "SpentOn"], str]
DIMENSIONS: Mapping[str, _Key] = {
    "model": lambda _, on: on.name if on.kind == "model" else "",
    "style": lambda run, _: run.style or "(no style)",
    "agent": lambda _, on: on.agent,
    "step": lambda _, on: on.step or "(none)",
    "tool": lambda _, on: on.name if on.kind == "tool" else "",
    "decider": lambda _, on: on.by,
    "day": lambda run, _: run.day,
    "session": lambda run, _: run.session_id or NO_RUN,
    "run": lambda run, _: run.run_id or NO_RUN,
    "principal": lambda run, _: run.principal_id,
}
"""By what it can be added up; an empty key is left out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SpendingTotal:
    """One line of the ledger.

    Args:
        key: The model, style or whatever it is added up by.
        runs: How many runs have a part in it.
        models: Of calls of models, and what a run paid beside them.
        tools: Of calls of tools.
        saved_usd: What models' input would have cost more without a cache, by today's price for
            calls of the average length; less than 0 where writing to it cost more than it brought,
            None where nobody knows the price.
    """

    key: str
    runs: int = 0
    models: CallSpending = field(default_factory=CallSpending)
    tools: CallSpending = field(default_factory=CallSpending)
    saved_usd: float | None = 0.0

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data; an unknown sum is null, beside what of it is known."""
        models, tools = self.models, self.tools
        return {
            "key": self.key,
            "runs": self.runs,
            "model_calls": models.calls,
            "tool_calls": tools.calls,
            "failed_calls": models.failed + tools.failed,
            **models.usage.to_json(),
            "untold_calls": models.untold,
            "cost_usd": models.usd,
            "known_usd": models.known_usd,
            "unpriced_calls": models.unpriced,
            "price_source": "; ".join(models.sources),
            "model_seconds": round(models.seconds, 6),
            "tool_seconds": round(tools.seconds, 6),
            "cache_saved_usd": self.saved_usd,
        }


def spending_totals(
    found: Iterable[RunSpending], by: str, prices: Prices
) -> Sequence[SpendingTotal]:
    """Add up, dearest first, then by most tokens; days stand in their order.

    Args:
        by: A name of ``DIMENSIONS``.
    """
    key_of = DIMENSIONS[by]
    made: dict[str, SpendingTotal] = {}
    for run in found:
        seen: set[str] = set()
        for on, spent in run.spent.items():
            key = key_of(run, on)
            if not key:
                continue
            total = made.get(key) or SpendingTotal(key=key)
            if key not in seen:
                seen.add(key)
                total = replace(total, runs=total.runs + run.runs)
            saved = _saved(on.name, spent, prices) if on.kind != "tool" else 0.0
            made[key] = _with(total, on, (spent, saved))
    if by == "day":
        return [made[key] for key in sorted(made)]
    return sorted(made.values(), key=_rank)


def _rank(total: SpendingTotal) -> tuple[float, float, str]:
    models = total.models
    return (-models.known_usd, -models.usage.total_tokens - total.tools.calls, total.key)


def _with(
    total: SpendingTotal, on: SpentOn, part: tuple[CallSpending, float | None]
) -> SpendingTotal:
    spent, saved = part
    if on.kind == "tool":
        return replace(total, tools=total.tools.plus(spent))
    known = total.saved_usd is not None and saved is not None
    return replace(
        total,
        models=total.models.plus(spent),
        saved_usd=(total.saved_usd or 0.0) + (saved or 0.0) if known else None,
    )


def _saved(model: str, spent: CallSpending, prices: Prices) -> float | None:
    """Say what input would have cost more without a cache; None where nobody knows."""
    usage = spent.usage
    if not (usage.cached_tokens or usage.cache_write_tokens):
        return 0.0
    price = prices.price(model)
    if price is None:
        return None
    calls = max(1, spent.calls)
    one = Usage(*(part // calls for part in usage.to_json().values()))
    for start, above in reversed(price.above):
        if one.input_tokens > start:
            price = above
            break
    flat = replace(price, above=())
    plain = replace(usage, cached_tokens=0, cache_write_tokens=0)
    return flat.cost_usd(plain) - flat.cost_usd(usage)


def as_csv(totals: Iterable[SpendingTotal], by: str) -> str:
    """Write totals as CSV with a head, as RFC 4180 has it; what is unknown is empty.

    A key that a spreadsheet would take for a formula opens with an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([by, *list(SpendingTotal(key="").to_json())[1:]])
    for total in totals:
        key, *rest = total.to_json().values()
        writer.writerow([f"'{key}" if key.startswith(_FORMULA) else key, *rest])
    return out.getvalue()


_FORMULA = ("=", "+", "-", "@", "\t", "\r")
