"""The offline model's English holds in every way in which its tools can be called.

``make bench-language`` measures many more; these are a few of each kind, and of our own writing.
"""

from __future__ import annotations

from datetime import datetime

import pytest

from bench.language_http import Through, converse

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

THROUGH = (Through("d"), Through("h"), Through("h", "lambda"))
FRIDAY = datetime(2024, 5, 17, 10)  # noqa: DTZ001 - the club's own time
FULL = [{"date": "2024-05-18", "time": "09:00"}]
DIALOGUES = {
    "told bit by bit": (
        ["I need a court, please.", "for tomorrow", "quarter past... no, let's say 6pm", "Court B"],
        [],
        [{"date": "2024-05-18", "time": "18:00"}],
    ),
    "all at once": (
        ["Could you get me court C next Tuesday at half past... sorry, at 11 in the morning?"],
        [],
        [{"date": "2024-05-21", "time": "11:00"}],
    ),
    "a change of mind": (
        ["What is open on Sunday at 2pm?", "Actually make it 4pm", "the first one", "thanks, bye"],
        [],
        [{"date": "2024-05-19", "time": "16:00"}],
    ),
    "the hour is taken": (
        ["Book a court tomorrow at 9am", "then at 10am instead", "yes please"],
        FULL,
        [{"date": "2024-05-18", "time": "10:00"}],
    ),
    "no thank you": (["Is anything free on Monday at noon?", "No, never mind."], [], []),
    "a date that is none": (["Book a court on 31 June at 5pm"], [], []),
}


@pytest.mark.parametrize("through", THROUGH, ids="-".join)
@pytest.mark.parametrize("name", DIALOGUES)
async def test_a_dialogue_books_what_was_wished(name: str, through: Through) -> None:
    turns, taken, wished = DIALOGUES[name]
    bookings, answers = await converse(turns, FRIDAY, taken, through=through)
    assert bookings == wished, answers
    assert len(answers) == len(turns)
    assert all(answers)
