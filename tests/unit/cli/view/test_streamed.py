"""What a listener may keep of what it heard."""

from __future__ import annotations

from typing import Any

from batuta.cli.view.streamed import Streamed
from batuta.core.trace import Event


def event(
    kind: Any, span: str, phase: Any = "point", error: str | None = None, **data: Any
) -> Event:
    return Event(0, kind, phase, span, "1", kind, "code", 0.0, data or None, error=error)


def heard(*events: Event) -> dict[str, str]:
    made = Streamed()
    for each in events:
        made(each)
    return made.spans


def text(span: str, words: str) -> Event:
    return event("text", span, text=words)


def test_pieces_of_a_span_make_its_text() -> None:
    assert heard(text("1.1", "Hel"), text("1.2", "Yes"), text("1.1", "lo")) == {
        "1.1": "Hello",
        "1.2": "Yes",
    }


def test_a_retry_voids_its_span_and_what_is_inside_and_nothing_else() -> None:
    before = [text("1.1", "a"), text("1.1.2", "b"), text("1.10", "c")]
    again = event("retry", "1.1.retry1", of="1.1", attempt=2)
    assert heard(*before, again, text("1.1", "d")) == {"1.10": "c", "1.1": "d"}


def test_a_span_that_ends_with_an_error_is_void() -> None:
    assert heard(text("1.1", "a"), event("model", "1.1", "end", "ModelCut: x")) == {}
    assert heard(text("1.1", "a"), event("model", "1.1", "end")) == {"1.1": "a"}
