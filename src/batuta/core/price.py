"""What a model call costs, and what is said where nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from batuta.core.model import Usage
from batuta.core.slots import direct_init

_THOUSAND, _MILLION = 1_000, 1_000_000
_MOST_FOUND = 1_024
"""Names whose price a table remembers: whoever answers may tell any."""


@dataclass(frozen=True, slots=True)
class Price:
    """USD for a million tokens.

    Args:
        cached_usd: For input tokens read from a cache; None charges them as other input.
        cache_write_usd: For input tokens written to a cache; None charges them as other input.
        source: Where the figure is from, with its date.
        above: Prices for the whole call where its input is longer than so many tokens, rising.
    """

    input_usd: float
    output_usd: float
    source: str
    cached_usd: float | None = None
    cache_write_usd: float | None = None
    above: tuple[tuple[int, Price], ...] = ()

    @property
    def free(self) -> bool:
        """Whether nothing costs anything."""
        rates = (self.input_usd, self.output_usd, self.cached_usd, self.cache_write_usd)
        return not any(rates) and all(price.free for _, price in self.above)

    def times(self, factor: float, source: str) -> Price:
        """Give the same price so many times as high."""

        def of(rate: float | None) -> float | None:
            return None if rate is None else rate * factor

        return Price(
            self.input_usd * factor,
            self.output_usd * factor,
            source,
            of(self.cached_usd),
            of(self.cache_write_usd),
            tuple((start, price.times(factor, source)) for start, price in self.above),
        )

    def rates_usd(self, input_tokens: int) -> tuple[float, float]:
        """Give what so much input costs, and each token of output after it."""
        if self.above:
            said = self.most_usd(input_tokens, 0)
            return said, (self.most_usd(input_tokens, _THOUSAND) - said) / _THOUSAND
        return input_tokens * self.input_usd / _MILLION, self.output_usd / _MILLION

    def most_usd(self, input_tokens: int, output_tokens: int) -> float:
        """Price a call of which nothing is known but its length."""
        if self.above:
            return self.cost_usd(Usage(input_tokens, output_tokens))
        return (input_tokens * self.input_usd + output_tokens * self.output_usd) / _MILLION

    def cost_usd(self, usage: Usage) -> float:
        """Price a call; cached tokens are part of the input tokens."""
        for start, price in reversed(self.above):
            if usage.input_tokens > start:
                return price.cost_usd(usage)
        read, written = usage.cached_tokens, usage.cache_write_tokens
        if not read and not written:
            spent = usage.input_tokens * self.input_usd
            return (spent + usage.output_tokens * self.output_usd) / _MILLION
        spent = (usage.input_tokens - read - written) * self.input_usd
        spent += read * (self.input_usd if self.cached_usd is None else self.cached_usd)
        spent += written * (
            self.input_usd if self.cache_write_usd is None else self.cache_write_usd
        )
        return (spent + usage.output_tokens * self.output_usd) / _MILLION


_TIERS: Mapping[str, Mapping[str, float]] = {
    "openai": {"priority": 2.0, "flex": 0.5, "batch": 0.5},
    "openai-chat": {"priority": 2.0, "flex": 0.5, "batch": 0.5},
    "bedrock": {"priority": 1.75, "flex": 0.5},
    "anthropic": {"batch": 0.5},
}
"""What a vendor charges for a service tier, beside its standard price.

Source: https://openai.com/api/pricing, https://aws.amazon.com/bedrock/pricing and
https://docs.anthropic.com/en/api/service-tiers, whose priority is bought beforehand (2026-11).
"""


def at_tier(price: Price, model: str, tier: str) -> Price:
    """Give a price as it is at a service tier; at one that is not known, the standard price."""
    factor = _TIERS.get(model.partition(":")[0], {}).get(tier, 1.0)
    return price if factor == 1.0 else price.times(factor, f"{price.source}, at {tier}")


class Prices(Protocol):
    """Knows prices by model name."""

    def price(self, model: str) -> Price | None:
        """Give the price of ``provider:model``, or None where it is unknown."""
        ...


@direct_init
@dataclass(frozen=True, slots=True)
class Cost:
    """Money for a call or a run.

    Args:
        usd: Dollars; None where any part of it is unknown.
        known_usd: The part that is known, at least.
        reason: Why ``usd`` is None; else where the price is from.
    """

    usd: float | None = 0.0
    known_usd: float = 0.0
    reason: str = ""

    def __add__(self, other: Cost) -> Cost:
        usd = None if self.usd is None or other.usd is None else self.usd + other.usd
        reason = self.reason if self.usd is None else other.reason or self.reason
        return Cost(usd, self.known_usd + other.known_usd, reason)

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data."""
        return {"usd": self.usd, "known_usd": self.known_usd, "reason": self.reason}


FREE = Cost()


class PriceTable:
    """Prices from a mapping, by exact model name or by ``provider:*``."""

    def __init__(self, table: dict[str, Price]) -> None:
        self._table = dict(table)
        self._found: dict[str, Price | None] = {}

    def price(self, model: str) -> Price | None:
        """Look a model up, then its provider's wildcard."""
        found = self._found
        return found[model] if model in found else self._looked_up(model)

    def _looked_up(self, model: str) -> Price | None:
        price = self._table.get(model)
        if price is None:
            provider, colon, _ = model.partition(":")
            price = self._table.get(provider + ":*") if colon else None
        if len(self._found) < _MOST_FOUND:
            self._found[model] = price
        return price
