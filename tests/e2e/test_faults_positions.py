"""Wherever in a run a fault strikes: nothing wrong is booked, and what was booked is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from batuta.testing.faulty import Fault, Inject
from tests.e2e.faults import STYLES, WANTED, WISH, member

pytestmark = pytest.mark.e2e
# A form offers before it books, unless the court is named; the others choose the first.
OPEN_WISH = "Book a court tomorrow at 3pm"
FIRST_WISHES = {"a": WISH}
# The answer is the model's own words, and these say nothing.
UNTOLD = {(style, Fault.NONSENSE) for style in ("d", "e", "f", "h")}
# AWS gives an agent's refusal as an answer like any other.
UNTOLD |= {("h", Fault.REFUSAL)}
MOST_CALLS = 12


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("style", STYLES)
async def test_a_fault_at_any_call_harms_nothing(tmp_path: Path, style: str, fault: Fault) -> None:
    for call in range(1, MOST_CALLS):
        if not await _strikes(style, tmp_path / str(call), Inject(fault=fault, calls=(call,))):
            return
    raise AssertionError(f"style {style} makes more than {MOST_CALLS} calls")


async def _strikes(style: str, home: Path, inject: Inject) -> bool:
    """Play one message with one fault; False where the run ends before it strikes."""
    async with member(style, home, inject) as ana:
        record = await ana.says(FIRST_WISHES.get(style, OPEN_WISH), faults=True)
        bookings = await ana.desk.store.bookings()
        assert [b.slot_id for b in bookings] in ([], [WANTED]), record.text
        if bookings and (style, inject.fault) not in UNTOLD:
            told = (bookings[0].booking_id, "booked for you already")  # that, where done twice
            assert any(words in record.text for words in told), record.text
        assert record.text.strip()
        assert ana.held == 0
        assert await ana.is_on_record(record)
        assert record.model_calls == sum(
            e.kind == "retry" or (e.kind, e.phase) == ("model", "start") for e in record.events
        )
        return bool(ana.faulty.injected)


@pytest.mark.parametrize("style", STYLES)
async def test_when_all_goes_wrong_at_random_nothing_wrong_is_booked(
    tmp_path: Path, style: str
) -> None:
    faults = [Inject(fault=fault, rate=0.15) for fault in Fault]
    for seed in range(3):
        async with member(style, tmp_path / str(seed), *faults, seed=seed) as ana:
            for text in ("I'd like to book a court", "tomorrow", "at 3pm", "the first one"):
                record = await ana.says(text, faults=True)
                assert record.text.strip()
                assert await ana.is_on_record(record)
            assert await ana.booked() in ([], [WANTED])
            assert ana.held == 0
