"""What was recorded on a vendor's wire replays without a server, to the same replies."""

from __future__ import annotations

from pathlib import Path

import pytest

from batuta.core.clock import FixedClock
from batuta.offline import OfflineModel
from batuta.standin import serve_standin
from batuta.testing.recorded import RecordingModel, ReplayModel
from tests.e2e.faults import NOW, STYLES
from tests.e2e.recordings import BOOKED, TURNS, converse, plain
from tests.e2e.test_bad_luck import KEY, model_at

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("aws_identity")]


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "bedrock"])
@pytest.mark.parametrize("style", STYLES)
async def test_a_conversation_on_the_wire_replays_to_the_same_replies(
    style: str, vendor: str, tmp_path: Path
) -> None:
    tape = tmp_path / "tape.jsonl"
    async with serve_standin(OfflineModel(), clock=FixedClock(NOW)) as server:
        model = model_at(vendor, server)
        live, booked = await converse(style, RecordingModel(model, tape), tmp_path / "live")
        await model.aclose()

    replayed, again = await converse(style, ReplayModel(tape), tmp_path / "replayed")

    assert [r.error for r in live + replayed] == [None] * 2 * len(TURNS)
    assert [plain(r.text) for r in replayed] == [plain(r.text) for r in live]
    assert [slot for slot, _ in booked] == [slot for slot, _ in again] == BOOKED
    assert [r.usage for r in replayed] == [r.usage for r in live]
    assert KEY not in tape.read_text()


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "bedrock"])
@pytest.mark.parametrize("style", STYLES)
async def test_what_was_recorded_behind_a_wire_is_served_behind_it(
    style: str, vendor: str, tmp_path: Path
) -> None:
    tape = tmp_path / "tape.jsonl"
    heard: list[list[str]] = []
    for served in (RecordingModel(OfflineModel(), tape), None):
        inner = served or ReplayModel(tape)
        async with serve_standin(inner, clock=FixedClock(NOW)) as server:
            model = model_at(vendor, server)
            records, booked = await converse(style, model, tmp_path / f"{len(heard)}")
            await model.aclose()
        assert [slot for slot, _ in booked] == BOOKED
        heard.append([plain(record.text) for record in records])
    assert heard[0] == heard[1]
