"""Every style on servers with habits of their own, and on models that think: the same bookings.

What a server turns away, such as a call that comes back without its signature, is no 200 here. C, G
and H, which take longer, meet each of them once: C and G streamed, H plain.
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
from batuta.standin import StandIn, Wire, serve_standin
from batuta.standin.habits import HABITS
from batuta.tennis.app import tennis_app
from batuta.tennis.bookings import TennisClub
from batuta.wiring import assistant
from tests.e2e.placed import hosts

pytestmark = pytest.mark.usefixtures("aws_identity")

NOW = FixedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
ANA = Principal("ana")
TURNS = ("I'd like to book a court", "tomorrow at 4pm", "the second one")
BOOKED = [("2026-03-03T16:00/B", "ana")]
THOUGHTS = "The member wants a court, so I look at what is free, and book nothing yet: {} <b>."
BOTH = pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])


async def talk(
    model: VendorModel, style: str, desk: TennisClub, home: Path, *, streamed: bool
) -> list[RunRecord]:
    settings = Settings(home=home, secret=Secret("s" * 32))
    heard: list[Event] = []
    records: list[RunRecord] = []
    app = replace(tennis_app(desk), models={"default": model})
    async with (
        hosts(app, style, settings) as placed,
        assistant(app, style, settings=placed, model=model, clock=NOW) as club,
    ):
        for turn in TURNS:
            ask = Ask(
                text=turn,
                principal=ANA,
                session_id=records[-1].session_id if records else None,
                listener=heard.append if streamed else None,
            )
            records.append((await club.answer(ask)).raised())
    await model.aclose()
    assert "look at what is free" not in str([record.text for record in records])
    # Thoughts stand by themselves: in events of their own, and beside what a model said.
    spoken = [
        {**(event.data or {}), "reasoning": ""} for event in heard if event.kind != "reasoning"
    ]
    assert "look at what is free" not in str(spoken)
    return records


async def check(records: list[RunRecord], desk: TennisClub, server: StandIn) -> None:
    booked = await desk.store.bookings()
    assert [(b.slot_id, b.member_id) for b in booked] == BOOKED
    assert booked[0].booking_id in records[-1].text
    assert all(record.usage.input_tokens and record.usage.output_tokens for record in records)
    assert all(record.stand_in and record.stop_reason == "done" for record in records)
    assert {one.status for one in server.requests} == {200}
    assert len(server.requests) == sum(record.model_calls for record in records)


@pytest.fixture
async def like(request: pytest.FixtureRequest) -> AsyncGenerator[StandIn]:
    wire = Wire(like=request.param, thoughts=THOUGHTS)
    async with serve_standin(OfflineModel(), wire, clock=NOW) as server:
        yield server


@BOTH
@pytest.mark.parametrize("like", HABITS, indirect=True)
@pytest.mark.parametrize("style", ["a", "b", "d", "e", "f"])
async def test_a_server_with_habits_of_its_own_changes_no_booking(
    style: str, like: StandIn, streamed: bool, desk: TennisClub, tmp_path: Path
) -> None:
    access = VendorAccess(base_url=like.openai_url)
    model = VendorModel("compatible:our-own-7b", access)
    records = await talk(model, style, desk, tmp_path, streamed=streamed)
    await check(records, desk, like)


@pytest.mark.parametrize("like", HABITS, indirect=True)
@pytest.mark.parametrize("style", ["c", "g", "h"])
async def test_nor_does_it_where_the_agents_are_elsewhere(
    style: str, like: StandIn, desk: TennisClub, tmp_path: Path
) -> None:
    access = VendorAccess(base_url=like.openai_url)
    model = VendorModel("compatible:our-own-7b", access)
    records = await talk(model, style, desk, tmp_path, streamed=style != "h")
    await check(records, desk, like)


@BOTH
@pytest.mark.parametrize("like", [""], indirect=True)
@pytest.mark.parametrize("vendor", ["openai", "openai-chat", "anthropic", "bedrock"])
@pytest.mark.parametrize("style", ["d", "e", "f"])
async def test_what_a_model_thinks_goes_back_to_it_on_every_wire(
    style: str, vendor: str, like: StandIn, streamed: bool, desk: TennisClub, tmp_path: Path
) -> None:
    names = {"openai": "gpt-5-mini", "openai-chat": "gpt-5-mini", "anthropic": "claude-haiku-4-5",
             "bedrock": "anthropic.claude-haiku-4-5-20251001-v1:0"}  # fmt: skip
    url = like.openai_url if vendor.startswith("openai") else like.url
    access = VendorAccess(key=Secret("sk-loopback"), base_url=url, region="us-east-1")
    model = VendorModel(f"{vendor}:{names[vendor]}", access)
    records = await talk(model, style, desk, tmp_path, streamed=streamed)
    await check(records, desk, like)
    if vendor != "bedrock":  # which does not tell
        assert sum(record.usage.reasoning_tokens for record in records) > 0
