"""What changes a transcript, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests.deploy.rights import Call
from tests.deploy.terraform import STYLES
from tests.deploy.transcripts import Talk, shown, written

BOOKED = {"booking_id": "BK-ABCDE-FGHIJ", "member_id": "ana", "slot_id": "2026-11-23T10:00/A"}


class Api:
    """Answers as told; its account is what a test makes of it."""

    def __init__(self, reply: str) -> None:
        self.reply = reply
        self.aws = SimpleNamespace(
            invoked=["door:live", "step:live"],
            calls=[Call("door", "dynamodb", "PutItem", {}), Call("step", "dynamodb", "Query", {})],
            pools={"door": None, "step": None},
            looking={"step": None},
        )

    def request(self, *words: Any, **more: Any) -> tuple[int, Any]:
        return 200, {"reply": self.reply, "session_id": "ses_0123456789ab"}


def told(
    change: Callable[[Any], object] = lambda aws: None,
    reply: str = "Booked: BK-ABCDE-FGHIJ",
    **booking: str,
) -> str:
    api = Api(reply)
    change(api.aws)
    talk = Talk(api, "ana")  # type: ignore[arg-type]
    talk.say("Book Court A")
    return talk.section("d", [{**BOOKED, **booking}])


CHANGED = {
    "reply": told(reply="Sorry: BK-ABCDE-FGHIJ"),
    "times": told(lambda aws: aws.invoked.append("door:live")),
    "alias": told(lambda aws: aws.invoked.append("door:another")),
    "count": told(lambda aws: aws.calls.append(Call("door", "dynamodb", "PutItem", {}))),
    "operation": told(lambda aws: aws.calls.append(Call("step", "dynamodb", "Scan", {}))),
    "slot": told(slot_id="2026-11-23T10:00/B"),
    "booking": told(booking_id="BK-ANOTH-EROFX"),
}


@pytest.mark.parametrize("what", CHANGED)
def test_another_reply_function_operation_or_booking_is_another_transcript(what: str) -> None:
    assert CHANGED[what] != told()


def test_ids_and_how_often_a_function_looks_make_no_other_transcript() -> None:
    other = "BK-ANOTH-EROFX"
    looked = Call("step", "dynamodb", "GetItem", {})
    assert told(reply=f"Booked: {other}", booking_id=other) == told()
    assert told(lambda aws: aws.calls.append(looked)) == told()


def test_every_style_is_on_the_page() -> None:
    assert [style for style in STYLES if not shown(style)] == []


def test_zips_with_the_same_content_stand_once() -> None:
    one = {"section": "", "sha256": "0" * 64, "bytes": 1_250_000, "extras": ["lambda"]}
    page = written({"a": one, "d": one})
    assert page.count(f"| lambda | A, D | 1.2 | `{'0' * 64}` |") == 1
