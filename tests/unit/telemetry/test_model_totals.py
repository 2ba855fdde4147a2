"""What each model cost, and what its cache saved."""

from __future__ import annotations

import pytest

from batuta import Price, ScriptedModel, Usage
from batuta.core.model import ModelReply
from batuta.core.price import PriceTable
from batuta.core.run import Run
from batuta.telemetry.model_totals import model_totals
from tests.unit.core.rig import HELLO, ran

PRICE = Price(10.0, 20.0, "test", cached_usd=1.0, cache_write_usd=12.5)


def said(usage: Usage) -> ModelReply:
    return ModelReply("ok", usage=usage, model="paid:one")


async def test_what_was_read_saves_and_what_was_written_costs() -> None:
    model = ScriptedModel(
        [said(Usage(1_000, 10, 0, 0, 1_000)), said(Usage(1_200, 10, 1_000, 0, 200))],
        name="paid:one",
    )
    unknown = ScriptedModel([said(Usage(10, 1, 5))], name="odd:two")

    async def main(run: Run) -> None:
        for each in (model, model, unknown):
            await run.ask([HELLO], model=each)

    prices = PriceTable({"paid:one": PRICE})
    record = await ran(main, prices=prices)
    one, two = model_totals([record], prices)
    assert (one.model, one.calls, one.usage.cached_tokens) == ("paid:one", 2, 1_000)
    written, read = 1_200 * 2.5, 1_000 * 9.0
    assert one.saved_usd == pytest.approx((read - written) / 1_000_000)
    assert (two.model, two.saved_usd) == ("odd:two", None)
