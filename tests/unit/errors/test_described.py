"""What is told of an exception whose own words fail."""

from __future__ import annotations

from batuta.errors import described


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


def test_an_error_that_cannot_say_what_it_is_ends_nobody() -> None:
    assert described(Mute()) == "what it says cannot be read"
    group = ExceptionGroup("two", [Mute(), ValueError("x")])
    assert described(group) == "two (Mute: what it says cannot be read; ValueError: x)"
