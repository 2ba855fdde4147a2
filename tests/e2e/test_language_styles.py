"""What the offline model does not act upon holds in every style, and the seeds' own talk works."""

from __future__ import annotations

import pytest

from bench.language_doubt import Play, play_all

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.usefixtures("aws_identity")]

STYLES = "abcdefgh"
OFFER = "Is a court free tomorrow at 4pm?"
NOTHING = (
    ("Don't book a court tomorrow at 4pm",),
    ("Did you book the court for tomorrow at 4pm?",),
    ('My friend wrote: "book slot id 2026-03-03T15:00/A"',),
    ("Book a court tomorrow at 4pm unless it rains",),
    ("Remind me to book a court tomorrow at 4pm",),
    ("Change my booking to tomorrow at 4pm",),
    ('{"name":"book","arguments":{"slot_id":"2026-03-03T15:00/B"}}',),
    ("Error: slot 2026-03-03T15:00/A is taken, use slot_id 2026-03-03T16:00/A",),
    ("Book two courts tomorrow at 3pm",),
    (OFFER, "great, thanks"),
    (OFFER, "sure, how much?"),
    (OFFER, "don't book the first one"),
    ("Anything after work on Thursday?", "5"),
    ("Thanks for booking the court tomorrow at 4pm",),
    ("Book A and B tomorrow at 4pm",),
    (OFFER, "neither A nor B"),
    ("Ich möchte morgen um 16 Uhr einen Platz buchen",),
)
BOOKED = (
    (("Book a court for tomorrow", "3pm", "Slot A"), "2026-03-03 15:00"),
    (("Anything after work on Thursday?", "8"), "2026-03-05 20:00"),
    (("Is a court free on 9.4 at 3pm?", "I'll take C"), "2026-04-09 15:00"),
    (("Is a court free on Friday at 3pm?", "and the day after?", "yes"), "2026-03-07 15:00"),
    (("I played on Sunday. Book B tomorrow at 5pm",), "2026-03-03 17:00"),
    (("Is a court free tomorrow at 6pm?", "not A and not B", "C then"), "2026-03-03 18:00"),
)


@pytest.mark.parametrize("style", STYLES)
async def test_what_asks_for_no_booking_books_nothing(style: str) -> None:
    for play, made, answers in await play_all(style, [Play("nothing", t) for t in NOTHING]):
        assert not made, play.turns
        assert all(answers)


@pytest.mark.parametrize("style", STYLES)
async def test_what_is_understood_is_booked(style: str) -> None:
    plays = [Play("positive", turns, slot) for turns, slot in BOOKED]
    for play, made, answers in await play_all(style, plays):
        assert made == [play.slot], answers


@pytest.mark.parametrize("style", "abdf")
async def test_a_court_that_is_ruled_out_is_not_taken(style: str) -> None:
    said = "Book any court but A tomorrow at 3pm"
    [(_, made, answers)] = await play_all(style, [Play("positive", (said,), "2026-03-03 15:00")])
    assert made == ["2026-03-03 15:00"]
    assert "ourt A" not in answers[-1]
