"""The ledger: what runs spent, by whatever it is asked for."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from batuta import FunctionAgent, Message, Price, ScriptedModel, Usage
from batuta.cli.cost import show
from batuta.core.clock import ManualClock
from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.core.price import PriceTable
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.spending import CallSpending, RunSpending, spending_of
from batuta.storage.sqlite import SqliteRuns
from batuta.telemetry.spending_totals import DIMENSIONS, SpendingTotal, as_csv, spending_totals
from tests.unit.core.rig import HELLO, NOW, ran

PRICE = Price(10.0, 20.0, "a list", cached_usd=1.0, cache_write_usd=12.5)
PRICES = PriceTable({"paid:one": PRICE})


def said(usage: Usage, model: str = "paid:one") -> ModelReply:
    return ModelReply("ok", usage=usage, model=model)


async def spent(day: str = "2026-03-02") -> RunSpending:
    """Spend on two models: one's price is known, and it caches; the other's is not."""
    model = ScriptedModel(
        [said(Usage(1_000, 10, 0, 0, 1_000)), said(Usage(1_200, 10, 1_000, 0, 200))],
        name="paid:one",
    )
    unknown = ScriptedModel([said(Usage(10, 1, 5), "odd:two")], name="odd:two")

    async def inner(message: Message, run: Run) -> Message:
        await run.ask([HELLO], model=unknown)
        return message

    async def main(run: Run) -> None:
        for each in (model, model):
            await run.ask([HELLO], model=each)
        await run.call(FunctionAgent(name="inner", answer=inner), HELLO)

    return spending_of(await ran(main, prices=PRICES), day)


def by(name: str, *found: RunSpending) -> dict[str, SpendingTotal]:
    return {total.key: total for total in spending_totals(found, name, PRICES)}


async def test_what_was_read_saves_and_what_was_written_costs() -> None:
    found = by("model", await spent())
    assert list(found) == ["paid:one", "odd:two"]
    one, two = found.values()
    assert (one.models.calls, one.models.usage.cached_tokens) == (2, 1_000)
    written, read = 1_200 * 2.5, 1_000 * 9.0
    assert one.saved_usd == pytest.approx((read - written) / 1_000_000)
    assert (two.models.unpriced, two.models.usd, two.saved_usd) == (1, None, None)


async def test_every_dimension_adds_up_to_the_same() -> None:
    run = await spent()
    for name in set(DIMENSIONS) - {"tool"}:
        totals = by(name, run).values()
        used = sum((t.models.usage for t in totals), Usage())
        assert (used.input_tokens, used.output_tokens, used.cached_tokens) == (2_210, 21, 1_005)
        assert sum(t.models.unpriced for t in totals) == 1
        assert sum(t.models.known_usd for t in totals) == pytest.approx(0.0164)


async def test_agent_and_step_are_those_that_asked() -> None:
    run = await spent()
    assert {key: t.models.calls for key, t in by("agent", run).items()} == {"main": 2, "inner": 1}
    assert {key: t.models.calls for key, t in by("step", run).items()} == {"(none)": 2, "inner": 1}


async def test_an_unknown_price_makes_the_sum_unknown_and_is_counted() -> None:
    (day,) = by("day", await spent()).values()
    told = day.to_json()
    assert (told["cost_usd"], told["unpriced_calls"], told["runs"]) == (None, 1, 1)
    assert told["known_usd"] == pytest.approx(0.0164)
    assert "a list" in told["price_source"]


async def test_csv_leaves_the_unknown_empty_and_lets_no_formula_in() -> None:
    totals = [*by("model", await spent()).values(), SpendingTotal(key="=HYPERLINK(1)")]
    head, *rows = csv.reader(io.StringIO(as_csv(totals, "model")))
    assert head[0] == "model"
    assert [row[0] for row in rows] == ["paid:one", "odd:two", "'=HYPERLINK(1)"]
    assert rows[1][head.index("cost_usd")] == rows[1][head.index("cache_saved_usd")] == ""


async def test_totals_outlive_records_and_old_runs_become_one_row_for_a_day(
    tmp_path: Path,
) -> None:
    clock = ManualClock(NOW)
    async with SqliteRuns(tmp_path / "b.db", keep=1, keep_days=2, clock=clock) as runs:
        records = await _saved(runs, 9)
        assert len(await runs.list(records[0].principal_id, 100)) < len(records)
        before = by("style", *await runs.spending(None))
        clock.advance(10 * 86_400)
        await _saved(runs, 30)  # some of these saves look for what is old
        kept = await runs.spending(None)
    old = [each for each in kept if not each.run_id]
    assert (len(old), old[0].runs) == (1, 9)
    assert by("style", *old) == before


async def _saved(runs: SqliteRuns, count: int) -> Sequence[RunRecord]:
    async def main(run: Run) -> None:
        model = ScriptedModel([said(Usage(100, 10))], name="paid:one")
        await run.ask([HELLO], model=model)

    made = [await ran(main, prices=PRICES) for _ in range(count)]
    for record in made:
        await runs.save(record)
    return made


async def test_a_call_that_was_cut_is_one_whose_tokens_nobody_told() -> None:
    began = asyncio.Event()

    class Hangs:
        name = "paid:one"

        async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
            began.set()
            await asyncio.Event().wait()
            raise AssertionError("unreachable: it is cancelled before")

    async def main(run: Run) -> None:
        asking = asyncio.create_task(run.ask([HELLO], model=Hangs()))
        await began.wait()
        asking.cancel()
        await asyncio.wait([asking])

    (total,) = by("model", spending_of(await ran(main, prices=PRICES), "2026-03-02")).values()
    assert (total.models.calls, total.models.failed, total.models.untold) == (1, 1, 1)
    assert total.models.usage == Usage()


def test_the_command_says_of_how_many_calls_nobody_told_the_tokens(
    capsys: pytest.CaptureFixture[str],
) -> None:
    models = CallSpending(calls=3, untold=2)
    show([SpendingTotal(key="paid:one", runs=1, models=models)], "model")
    assert "Of 2 of these calls nobody told the tokens." in capsys.readouterr().out
