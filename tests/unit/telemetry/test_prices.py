from __future__ import annotations

import re
from decimal import Decimal

import pytest
from genai_prices import Usage as ListedUsage
from genai_prices import calc_price

from batuta.core.model import Usage
from batuta.core.price import Price
from batuta.standin import STAND_IN_SUFFIX
from batuta.telemetry import prices
from batuta.telemetry.prices import default_prices


def priced(model: str) -> Price:
    found = default_prices().price(model)
    assert found is not None
    return found


@pytest.mark.parametrize("model", ["offline:rules", "scripted:anything"])
def test_a_stand_in_costs_nothing_and_says_why(model: str) -> None:
    assert priced(model).cost_usd(Usage(1_000_000, 1_000_000, 1_000)) == 0.0
    assert priced(model).source == "stand-in: nothing is bought"


@pytest.mark.parametrize(
    "model",
    ["openai:gpt-nobody-knows", "offlines:rules", "compatible:gpt-5-mini", "openai:", "", "*", "x"],
)
def test_any_other_price_is_unknown_rather_than_nothing(model: str) -> None:
    assert default_prices().price(model) is None


LISTED = [
    ("openai:gpt-5-mini", "openai"),
    ("openai-chat:gpt-5-mini-2025-08-07", "openai"),
    ("openai:gpt-5.6-sol", "openai"),
    ("anthropic:claude-haiku-4-5", "anthropic"),
    ("anthropic:claude-haiku-5-5", "anthropic"),
    ("bedrock:us.anthropic.claude-haiku-4-5-20251001-v1:0", "aws"),
    ("bedrock:amazon.nova-lite-v1:0", "aws"),
]
USAGES = [
    Usage(1_000, 200),
    Usage(50_000, 2_000, 40_000),
    Usage(99_999, 1),
    Usage(100_001, 1, 50_000),
    Usage(272_000, 5_000, 100),
    Usage(272_001, 5_000, 100, 4_000),
]


@pytest.mark.parametrize("usage", USAGES, ids=str)
@pytest.mark.parametrize(("model", "seller"), LISTED)
def test_a_cost_is_what_the_list_reckons(model: str, seller: str, usage: Usage) -> None:
    listed = calc_price(
        ListedUsage(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cached_tokens,
        ),
        model.partition(":")[2],
        provider_id=seller,
    )
    assert priced(model).cost_usd(usage) == pytest.approx(float(listed.total_price))


@pytest.mark.parametrize("model", ["anthropic:claude-haiku-4-5", "openai:gpt-5.6-sol"])
def test_what_is_written_to_a_cache_has_its_own_price(model: str) -> None:
    seller = model.partition(":")[0]
    used = ListedUsage(input_tokens=1_000, output_tokens=0, cache_write_tokens=900)
    listed = calc_price(used, model.partition(":")[2], provider_id=seller)
    found = priced(model).cost_usd(Usage(1_000, cache_write_tokens=900))
    assert found == pytest.approx(float(listed.total_price))
    assert listed.total_price > Decimal(0)


@pytest.mark.parametrize(("model", "seller"), LISTED)
def test_a_price_says_where_it_is_from_and_of_when(model: str, seller: str) -> None:
    source = priced(model).source
    assert re.match(r"genai-prices \d+\.\d+\.\d+ \(20\d{2}-\d{2}-\d{2}\): ", source)
    assert seller in source
    assert "https://" in source


@pytest.mark.parametrize("model", [*(model for model, _ in LISTED), "offline:rules"])
def test_a_stand_in_server_charges_what_the_model_that_it_stands_for_costs(model: str) -> None:
    assert default_prices().price(model + STAND_IN_SUFFIX) == priced(model)


def test_own_prices_go_before_the_list() -> None:
    mine = Price(1.0, 2.0, "our contract of 2026-11-01")
    any_of = Price(0.0, 0.0, "our own machine")
    table = default_prices({"openai:gpt-5-mini": mine, "compatible:*": any_of})
    assert table.price("openai:gpt-5-mini") == mine
    assert table.price("openai:gpt-5-mini-2025-08-07") == mine  # the vendor's name for the same
    assert table.price("compatible:llama3.2") == any_of
    assert table.price("openai:gpt-5") != mine


def test_a_chain_is_reserved_at_its_dearest() -> None:
    both = priced("openai:gpt-5-mini | anthropic:claude-haiku-4-5")
    for usage in USAGES:
        for model in ("openai:gpt-5-mini", "anthropic:claude-haiku-4-5"):
            assert both.cost_usd(usage) >= priced(model).cost_usd(usage)
    assert default_prices().price("openai:gpt-5-mini|openai:gpt-nobody-knows") is None


def test_a_price_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    table = default_prices()
    first = table.price("openai:gpt-5-mini")
    monkeypatch.setattr(prices, "_listed", None)
    assert table.price("openai:gpt-5-mini") is first


def test_names_without_end_are_not_kept_without_end() -> None:
    table = default_prices()
    for n in range(2_000):
        table.price(f"odd:{n}")
    assert len(table._known) < 1_000


def test_without_the_list_every_price_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prices, "find_spec", lambda name: None)
    prices._listed.cache_clear()
    assert default_prices().price("openai:gpt-5-mini") is None
    prices.load_price_list()
    prices._listed.cache_clear()


def test_an_embedding_model_is_charged_for_what_it_reads() -> None:
    price = default_prices().price("openai:text-embedding-3-small")
    assert price is not None
    assert price.cost_usd(Usage(input_tokens=1_000_000)) > 0
    assert price.output_usd == 0
