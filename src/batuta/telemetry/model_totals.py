"""What each model of some runs used and cost, and what its vendor's cache saved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from batuta.core.model import Usage
from batuta.core.price import FREE, Cost

if TYPE_CHECKING:
    from batuta.core.price import Prices
    from batuta.core.record import RunRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelTotal:
    """One model's share.

    Args:
        model: As it was asked for.
        saved_usd: What its input would have cost more without a cache, by today's price; less than
            0 where writing to it cost more than it brought, None where nobody knows the price.
    """

    model: str
    calls: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: Cost = FREE
    saved_usd: float | None = 0.0

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data."""
        return {
            "model": self.model,
            "calls": self.calls,
            "usage": self.usage.to_json(),
            "cost": self.cost.to_json(),
            "saved_usd": self.saved_usd,
        }


def model_totals(records: Iterable[RunRecord], prices: Prices) -> list[ModelTotal]:
    """Sum up records by model, in the order in which the models were first asked."""
    made: dict[str, ModelTotal] = {}
    for record in records:
        for event in record.events:
            if (event.kind, event.phase) != ("model", "end"):
                continue
            total = made.get(event.name) or ModelTotal(model=event.name)
            usage = event.usage or Usage()
            made[event.name] = replace(
                total,
                calls=total.calls + 1,
                usage=total.usage + usage,
                cost=total.cost + (event.cost or FREE),
                saved_usd=_plus(total.saved_usd, _saved(event.name, usage, prices)),
            )
    return list(made.values())


def _saved(model: str, usage: Usage, prices: Prices) -> float | None:
    """Say what a call's input would have cost more without a cache; None where nobody knows."""
    if not (usage.cached_tokens or usage.cache_write_tokens):
        return 0.0
    price = prices.price(model)
    if price is None:
        return None
    plain = replace(usage, cached_tokens=0, cache_write_tokens=0)
    return price.cost_usd(plain) - price.cost_usd(usage)


def _plus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
