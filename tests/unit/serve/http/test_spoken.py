"""What of a run's text is the answer while it comes."""

from __future__ import annotations

from batuta.core.trace import Event
from batuta.serve.http.spoken import Spoken


def text(said: str, span: str = "1.1", parent: str = "1") -> Event:
    return Event(-1, "text", "point", span, parent, "text", "model", 0.0, {"text": said})


def retry(of: str) -> Event:
    return Event(3, "retry", "point", "1.2", "1", "retry", "code", 0.0, {"of": of})


def spoken(*events: Event, reply: str) -> str:
    made = Spoken()
    sent = "".join([*map(made.piece, events), made.rest(reply)])
    assert made.content == sent
    return sent


def test_pieces_of_the_outermost_agent_are_sent_as_they_come() -> None:
    made = Spoken()
    assert [made.piece(text("Hel")), made.piece(text("lo"))] == ["Hel", "lo"]
    assert not made.rest("Hello")


def test_what_an_inner_agent_says_is_not_the_answer() -> None:
    assert spoken(text("for the manager", "1.1.1", "1.1"), reply="Done.") == "Done."


def test_answer_that_no_model_said_comes_whole() -> None:
    assert spoken(reply="Which day?") == "Which day?"


def test_what_is_missing_of_the_answer_follows() -> None:
    assert spoken(text("Hel"), reply="Hello!") == "Hello!"


def test_words_before_a_tool_call_stand_apart() -> None:
    said = spoken(text("I look."), text("Court A is free.", "1.3"), reply="Court A is free.")
    assert said == "I look.\n\nCourt A is free."


def test_answer_that_differs_from_what_was_sent_follows_whole() -> None:
    assert spoken(text("Booked!"), reply="Nothing was booked.") == "Booked!\n\nNothing was booked."


def test_what_a_retry_says_again_is_not_sent_twice() -> None:
    events = text("Hel"), retry("1.1"), text("He", "1.2"), text("llo", "1.2")
    assert spoken(*events, reply="Hello") == "Hello"


def test_retry_that_says_something_else_stands_apart() -> None:
    events = text("Hel"), retry("1.1"), text("By", "1.2"), text("e", "1.2")
    assert spoken(*events, reply="Bye") == "Hel\n\nBye"


def test_answer_after_a_retry_that_streams_nothing() -> None:
    assert spoken(text("Hel"), retry("1.1"), reply="Hello") == "Hello"
