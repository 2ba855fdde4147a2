"""Bad luck on the vendors' wires: a clear error, nothing booked, the session unharmed.

One conversation a case: a good turn, a turn under bad luck, a good turn that goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from batuta import RunRecord
from batuta.assistant import Assistant
from batuta.core.redaction import Secret
from batuta.core.retry import Retry
from batuta.models.vendors import VendorAccess, VendorModel
from batuta.offline import OfflineModel
from batuta.standin import StandIn, Wire, serve_standin
from batuta.tennis.app import tennis_app
from batuta.tennis.bookings import TennisClub
from batuta.wiring import assistant
from tests.e2e.test_matrix import ANA, NOW, VENDORS
from tests.patience import scaled

pytestmark = pytest.mark.usefixtures("aws_identity")

KEY = "sk-loopback-1234567890"


@dataclass(frozen=True)
class Luck:
    wire: Wire
    codes: tuple[str, ...]
    key: str = KEY
    model: str = "offline-rules"
    timeout_s: float = 1.0


LUCK = {
    "wrong key": Luck(Wire(key=KEY), ("model_auth_failed",), key="sk-wrong-0987654321"),
    "wrong model": Luck(Wire(models=("other",)), ("model_not_found",)),
    "hangs": Luck(Wire(hang_s=30), ("model_timeout",)),
    "hangs in mid-stream": Luck(
        Wire(hang_s=30, hang_after_events=2), ("model_timeout", "model_cut")
    ),
    "half a stream": Luck(Wire(cut_after_events=2), ("model_cut", "model_unavailable")),
    "500 with HTML": Luck(Wire(html_500=True), ("model_unavailable", "model_reply_invalid")),
    "10 MB": Luck(Wire(huge_reply_mb=10.5), ("model_reply_invalid",), timeout_s=30),
}


def model_at(vendor: str, server: StandIn, luck: Luck | None = None) -> VendorModel:
    url = server.openai_url if vendor.startswith("openai") else server.url
    luck = luck or Luck(Wire(), (), timeout_s=30)
    access = VendorAccess(
        key=Secret(luck.key), base_url=url, region="us-east-1", timeout_s=scaled(luck.timeout_s)
    )
    return VendorModel(f"{vendor}:{luck.model}", access)


async def say(club: Assistant, text: str, session_id: str | None = None) -> RunRecord:
    return await club.chat(text, session_id, principal=ANA, listener=lambda _: None)


# A stand-in knows no AWS secret to check a signature with.
UNLUCKY = [(why, v) for why in LUCK for v in VENDORS if v != "bedrock" or not LUCK[why].wire.key]


@pytest.mark.parametrize(("why", "vendor"), UNLUCKY)
async def test_bad_luck_is_a_clear_error_and_the_conversation_goes_on(
    why: str, vendor: str, desk: TennisClub
) -> None:
    luck = LUCK[why]
    app = tennis_app(desk)
    rules = OfflineModel()
    async with (
        serve_standin(rules, clock=NOW) as good,
        serve_standin(rules, luck.wire, clock=NOW) as bad,
    ):
        fine, ill = model_at(vendor, good), model_at(vendor, bad, luck)
        async with assistant(app, "d", model=fine, clock=NOW) as club:
            ailing = assistant(
                app, "d", model=ill, clock=NOW, sessions=club.sessions, records=club.records
            )
            first = await say(club, "I'd like to book a court tomorrow")
            failed = await say(impatient(ailing), "at 3pm", first.raised().session_id)
            after = await say(club, "at 3pm", first.session_id)
            last = await say(club, "the second one", first.session_id)
        await fine.aclose()
        await ill.aclose()

    assert failed.error is not None
    assert failed.error["code"] in luck.codes
    assert ill.name in failed.error["message"]
    assert KEY not in str(failed.to_json())
    assert luck.key not in str(failed.to_json())
    assert (await club.records.load(failed.run_id, "ana")).stop_reason == "error"
    assert after.raised().text
    assert last.raised().text
    assert [b.slot_id for b in await desk.store.bookings()] == ["2026-03-03T15:00/B"]


def impatient(club: Assistant) -> Assistant:
    """Try once only: what a retry does is tested elsewhere."""
    return replace(club, retry=Retry(attempts=1))
