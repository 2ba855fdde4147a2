"""What models cost: set by hand, else by genai-prices' list, which comes with the package."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from threading import Thread
from typing import TYPE_CHECKING, Any

from batuta.core.model import CHAIN, STAND_IN_SUFFIX
from batuta.core.price import Price
from batuta.core.threads import has_threads

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice

STAND_IN = Price(0.0, 0.0, "stand-in: nothing is bought")
HERE = Price(0.0, 0.0, "runs on this machine: nothing is bought")
_FREE = {
    "minilm": STAND_IN,
    "offline": STAND_IN,
    "replay": STAND_IN,
    "scripted": STAND_IN,
    "local": HERE,
}
_LISTED = {"openai": "openai", "openai-chat": "openai", "anthropic": "anthropic", "bedrock": "aws"}
# What vendors hang on a model's name to date it: -2025-08-07, -20251001, -latest, and -v1:0.
_DATED = re.compile(r"(-\d{4}-\d{2}-\d{2}|-\d{8}|-latest)?(-v\d+(:\d+)?)?$")
_CHECKED = re.compile(r"\b(?:verified on|as of) (20\d{2}-\d{2}-\d{2})\b")
_MOST_KEPT = 512


class ModelPrices:
    """Prices by model name; each is looked up once.

    Args:
        own: Prices that go before the list, by ``provider:model`` or ``provider:*``.
    """

    def __init__(self, own: Mapping[str, Price] | None = None) -> None:
        self._own = dict(own or {})
        self._known: dict[str, Price | None] = {}

    def price(self, model: str) -> Price | None:
        """Give the price of ``provider:model``, of a chain the dearest; None where unknown."""
        if model not in self._known:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            self._known[model] = self._found(model)
        return self._known[model]

    def _found(self, model: str) -> Price | None:
        model = model.removesuffix(STAND_IN_SUFFIX)
        if CHAIN in model:
            prices = [self.price(part.strip()) for part in model.split(CHAIN)]
            return _dearest([price for price in prices if price is not None], len(prices))
        provider = model.partition(":")[0]
        for name in (model, _DATED.sub("", model), f"{provider}:*"):
            if name in self._own:
                return self._own[name]
        return _FREE.get(provider) or _listed(model)


def default_prices(own: Mapping[str, Price] | None = None) -> ModelPrices:
    """Make the prices of this machine: stand-ins are free, own prices go before the list."""
    return ModelPrices(own)


def load_price_list() -> None:
    """Read the list, which takes a moment the first time."""
    if find_spec("genai_prices") is not None:
        from genai_prices.data_snapshot import get_snapshot

        get_snapshot()


def load_price_list_aside() -> None:
    """Begin to read the list in a thread, so that the first call need not wait for it."""
    if has_threads() and find_spec("genai_prices") is not None:
        Thread(target=load_price_list, name="batuta-prices", daemon=True).start()


@lru_cache(maxsize=_MOST_KEPT)
def _listed(model: str) -> Price | None:
    """Look a model up in genai-prices; a model of nobody's list has no price."""
    provider, _, name = model.partition(":")
    seller = _LISTED.get(provider)
    if seller is None or not name or find_spec("genai_prices") is None:
        return None
    from genai_prices import Usage, calc_price

    try:
        found = calc_price(Usage(input_tokens=1, output_tokens=1), name, provider_id=seller)
    except (LookupError, ValueError):
        return None
    page = f", {found.provider.pricing_urls[0]}" if found.provider.pricing_urls else ""
    source = f"{_list_name()}: {seller} {found.model.id}{page}"
    return _of(found.model_price, source, writes="embed" not in found.model.id)


@lru_cache(maxsize=1)
def _list_name() -> str:
    """Name the list with its version and its newest date: that of the last check it tells of."""
    from importlib.metadata import version

    from genai_prices.data_snapshot import get_snapshot

    comments = (
        comment
        for provider in get_snapshot().providers
        for comment in (provider.price_comments, *(m.price_comments for m in provider.models))
    )
    dates = [date for comment in comments if comment for date in _CHECKED.findall(comment)]
    return f"genai-prices {version('genai-prices')}" + (f" ({max(dates)})" if dates else "")


def _of(listed: ModelPrice, source: str, *, writes: bool) -> Price | None:
    """Turn a listed price into ours: rates, and the rates of long inputs.

    Args:
        writes: False for a model of embeddings, which has no price for what it never writes.
    """
    rates: dict[str, Any] = {
        "input_usd": listed.input_mtok,
        "output_usd": listed.output_mtok if writes else 0.0,
        "cached_usd": listed.cache_read_mtok,
        "cache_write_usd": listed.cache_write_mtok,
    }
    if rates["input_usd"] is None or rates["output_usd"] is None:
        return None
    starts = {tier.start for rate in rates.values() for tier in getattr(rate, "tiers", ())}
    above = tuple(
        (start, Price(source=source, **{name: _rate(r, start) for name, r in rates.items()}))
        for start in sorted(starts)
    )
    return Price(source=source, above=above, **{name: _rate(r, -1) for name, r in rates.items()})


def _rate(rate: Any, start: int) -> Any:
    """Give the rate that holds just above an input length; None stays None."""
    if rate is None or not hasattr(rate, "tiers"):
        return None if rate is None else float(rate)
    held = rate.base
    for tier in rate.tiers:
        if tier.start <= start:
            held = tier.price
    return float(held)


def _dearest(prices: list[Price], wanted: int) -> Price | None:
    """Give a price that no model of a chain passes; None where one of them has none."""
    if len(prices) < wanted:
        return None
    every = [rate for price in prices for rate in (price, *(p for _, p in price.above))]
    return Price(
        max(rate.input_usd for rate in every),
        max(rate.output_usd for rate in every),
        "the dearest of the chain",
        cache_write_usd=max(rate.cache_write_usd or rate.input_usd for rate in every),
    )
