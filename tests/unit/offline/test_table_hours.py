"""An hour or a name is taken for the one that is on the table, or asked about, never another."""

from __future__ import annotations

import pytest

from tests.unit.offline.talks import play


@pytest.mark.parametrize(
    "text",
    [
        "Book court-B tomorrow at 4pm",
        'Book Court "B" tomorrow at 4pm',
        "plz book me crt b tmrw 4pm",
        "Book the B court tomorrow at 4pm",
    ],
)
async def test_a_name_is_known_however_it_is_written(text: str) -> None:
    booked, answers = await play(text)
    assert booked == ["2024-05-16T16:00/B"], answers


@pytest.mark.parametrize(
    "text", ["Book courrt B tomorrow at 4pm", "Book court two tomorrow at 4pm"]
)
async def test_a_name_that_was_not_read_is_asked_about(text: str) -> None:
    booked, answers = await play(text)
    assert not booked
    assert "did not take in" in answers[0]


TALKS = {
    ("Tomorrow evening please", "7 would be best", "the first one"): "2024-05-16T19:00/A",
    ("Book a court tomorrow", "5", "in the afternoon", "the first one"): "2024-05-16T17:00/A",
    ("Is a court free tomorrow at 4pm?", "an hour earlier?", "yes"): "2024-05-16T15:00/A",
    ("Book two courts tomorrow at 4pm", "one is enough"): "2024-05-16T16:00/A",
    ("Tomorrow at 2pm, is B free?", "yes"): "2024-05-16T14:00/B",
    ("Is a court free tomorrow at 4pm?", "yes, but B please"): "2024-05-16T16:00/B",
    ("I'd like to play tomorrow", "the earliest you have"): "2024-05-16T08:00/A",
    ("Don't book. Is tomorrow at 4pm free?", "ok good"): "",
    ("Don't book. Is tomorrow at 4pm free?", "yes, book it"): "2024-05-16T16:00/A",
}


@pytest.mark.parametrize(("turns", "slot"), TALKS.items())
async def test_what_is_on_the_table_settles_what_is_left_open(
    turns: tuple[str, ...], slot: str
) -> None:
    booked, answers = await play(*turns)
    assert booked == ([slot] if slot else []), answers
