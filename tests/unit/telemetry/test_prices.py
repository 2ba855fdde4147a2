from __future__ import annotations

import pytest

from batuta.core.model import Usage
from batuta.telemetry.prices import default_prices


@pytest.mark.parametrize("model", ["offline:rules", "scripted:anything"])
def test_a_stand_in_costs_nothing_and_says_why(model: str) -> None:
    price = default_prices().price(model)
    assert price is not None
    assert price.cost_usd(Usage(1_000_000, 1_000_000, 1_000)) == 0.0
    assert price.source == "stand-in: nothing is bought"


@pytest.mark.parametrize("model", ["openai:gpt-5-mini", "offlines:rules", "", "*"])
def test_any_other_price_is_unknown_rather_than_nothing(model: str) -> None:
    assert default_prices().price(model) is None
