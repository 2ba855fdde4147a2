"""Every style on every vendor's wire, plain and streamed: the same bookings at the end.

The vendors' own SDKs talk over real sockets to the stand-in, told only a base URL. The agents of C
and G are behind hosts of their own, on real sockets but in this process: sixteen placements in
other processes would take minutes.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from batuta import FixedClock, Principal, RunRecord
from batuta.assistant import Ask
from batuta.core.redaction import Secret
from batuta.core.trace import Event
from batuta.models.vendors import VendorAccess, VendorModel
from batuta.offline import OfflineModel
from batuta.settings import Settings
from batuta.standin import StandIn, serve_standin
from batuta.tennis.app import tennis_app
from batuta.tennis.bookings import TennisClub
from batuta.wiring import assistant
from tests.e2e.placed import hosts

pytestmark = pytest.mark.usefixtures("aws_identity")

STYLES = ("a", "b", "c", "d", "e", "f", "g", "h")
VENDORS = ("openai", "openai-chat", "anthropic", "bedrock")
NOW = FixedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
ANA = Principal("ana")
TURNS = ("I'd like to book a court", "tomorrow", "at 3pm", "make it 4pm instead", "the second one")
BOOKED = ["2026-03-03T16:00/B"]


@pytest.fixture
async def standin() -> AsyncGenerator[StandIn]:
    async with serve_standin(OfflineModel(), clock=NOW) as server:
        yield server


def vendor_model(vendor: str, standin: StandIn) -> VendorModel:
    url = standin.openai_url if vendor.startswith("openai") else standin.url
    name = "offline.rules" if vendor == "bedrock" else "offline:rules"
    return VendorModel(
        f"{vendor}:{name}",
        VendorAccess(key=Secret("sk-loopback"), base_url=url, region="us-east-1"),
    )


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("style", STYLES)
async def test_the_same_conversation_ends_in_the_same_booking(
    style: str, vendor: str, streamed: bool, standin: StandIn, desk: TennisClub, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, secret=Secret("s" * 32))
    model = vendor_model(vendor, standin)
    heard: list[Event] = []
    session_id: str | None = None
    records: list[RunRecord] = []
    app = replace(tennis_app(desk), models={"default": model})
    async with (
        hosts(app, style, settings) as placed,
        assistant(app, style, settings=placed, model=model, clock=NOW) as club,
    ):
        for turn in TURNS:
            listener = heard.append if streamed else None
            record = await club.answer(
                Ask(text=turn, principal=ANA, session_id=session_id, listener=listener)
            )
            records.append(record.raised())
            session_id = record.session_id
    await model.aclose()

    booked = await desk.store.bookings()
    assert [(b.slot_id, b.member_id) for b in booked] == [(slot, "ana") for slot in BOOKED]
    assert booked[0].booking_id in records[-1].text
    assert all(record.usage.input_tokens and record.usage.output_tokens for record in records)
    assert len(standin.requests) == sum(record.model_calls for record in records)
    assert all(record.stand_in for record in records)
    assert any(event.kind == "text" for event in heard) == (streamed and style != "a")
