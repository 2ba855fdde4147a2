"""What is acted upon and what is not: plain requests, consent, and all that only looks like them.

The sentences stand in ``cases``; each holds a day and an hour, so that only its form decides.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from batuta.offline.consent import choice_is_plain, consents
from batuta.offline.doubt import refuses, request_doubt
from batuta.offline.when import read_when
from tests.unit.offline.talks import play

CASES = Path(__file__).with_name("cases")
NOW = datetime(2026, 3, 2, 9)  # noqa: DTZ001 - the club's own time
NOUNS = frozenset({"court", "tennis", "club", "slot"})
OFFER = "Is a court free tomorrow at 4pm?"
WANTED = ["2024-05-16T16:00/A"]


def lines(name: str) -> list[str]:
    return (CASES / name).read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("text", lines("no_request.txt"))
async def test_what_is_no_plain_request_books_nothing(text: str) -> None:
    booked, answers = await play(text)
    assert not booked
    assert answers[-1]


@pytest.mark.parametrize("text", lines("request.txt"))
async def test_a_plain_request_is_done_at_once(text: str) -> None:
    booked, answers = await play(text)
    assert [slot[:16] for slot in booked] == [WANTED[0][:16]], answers


@pytest.mark.parametrize("reply", lines("no_consent.txt"))
async def test_a_reply_that_is_no_whole_consent_books_nothing(reply: str) -> None:
    booked, _ = await play(OFFER, reply)
    assert not booked


@pytest.mark.parametrize("reply", lines("consent.txt"))
async def test_a_whole_yes_or_choice_is_consent(reply: str) -> None:
    booked, answers = await play(OFFER, reply)
    assert booked == WANTED, answers


@pytest.mark.parametrize(
    ("text", "kind"),
    {
        "Don't book a court tomorrow at 4pm": "negation",
        "Did you enjoy it when I booked a court tomorrow at 4pm?": "question",
        "Anna said she would book a court tomorrow at 4pm": "report",
        '{"name": "book", "court": "tomorrow 4pm"}': "report",
        "Book a court tomorrow at 4pm if it is dry": "condition",
        "If it is not raining, book a court tomorrow at 4pm": "condition",
        "Tell Anna to book a court tomorrow at 4pm": "someone else",
        "Book two courts tomorrow at 4pm": "amount",
        "Book a court tomorrow at 4pm for two hours": "amount",
        "Book a court tomorrow at 4pm with a crocodile farm nearby please sir": "unclear",
    }.items(),
)
def test_a_doubt_has_its_kind(text: str, kind: str) -> None:
    doubt = request_doubt(text, read_when(text, NOW).marked, known=NOUNS)
    assert doubt is not None
    assert doubt.kind == kind


def test_words_that_are_left_over_are_said_back() -> None:
    text = "Book a squash court tomorrow at 4pm"
    doubt = request_doubt(text, read_when(text, NOW).marked, known=NOUNS)
    assert doubt is not None
    assert doubt.left == "squash"


async def test_a_doubt_is_said_and_a_yes_to_what_is_asked_then_acts() -> None:
    booked, answers = await play("Book a squash court tomorrow at 4pm", "yes")
    assert answers[0].splitlines() == [
        'Nothing has been booked or done. I did not take in "squash".',
        "Shall I book one on Thursday 16 May at 16:00 all the same?",
    ]
    assert booked == WANTED


@pytest.mark.parametrize(
    ("text", "refused"),
    {
        "please do not book anything": True,
        "I'm not going to book a court": True,
        "don't book 3pm, book 4pm": False,
        "don't forget to book a court": False,
        "why don't you book a court": False,
    }.items(),
)
def test_a_deed_is_refused_where_nothing_else_is_asked_for(text: str, refused: bool) -> None:
    assert refuses(read_when(text, NOW).marked) is refused


def test_thanks_alone_and_a_question_are_no_consent() -> None:
    for text in ("great, thanks", "sure, how much?", "yes, but not yet"):
        assert not consents(text, read_when(text, NOW).marked), text
    assert not choice_is_plain("two please", "2 please", frozenset({"court"}))
