from __future__ import annotations

from io import StringIO
from typing import Any

from rich.console import Console

from batuta.cli.view.progress import LiveLine
from batuta.core.trace import Event


def event(kind: Any, phase: Any, name: str, **more: Any) -> Event:
    return Event(0, kind, phase, more.pop("span", "1.1"), "1", name, "code", 0.0, more or None)


def watching() -> LiveLine:
    return LiveLine(Console(file=StringIO(), force_terminal=True, width=60), "D:")


def test_line_follows_the_run_and_streams_what_the_model_says() -> None:
    progress = watching()
    with progress:
        progress.listen(event("model", "start", "offline:rules"))
        progress.listen(event("text", "point", "text", text="Which "))
        progress.listen(event("text", "point", "text", text="day?"))

        assert progress.shown().plain == "D: asking offline:rules\nWhich day?"
        progress.listen(event("tool", "start", "book"))
        assert progress.shown().plain == "D: using book"


def test_structured_reply_is_not_streamed_to_the_reader() -> None:
    progress = watching()
    with progress:
        progress.listen(event("model", "start", "m"))
        progress.listen(event("text", "point", "text", text='{"date": null}'))

    assert progress.shown().plain == "D: asking m"


def test_nothing_is_shown_where_nobody_watches() -> None:
    shown = StringIO()
    with LiveLine(Console(file=shown, width=60), "D:") as progress:
        progress.listen(event("model", "start", "m"))

    assert not shown.getvalue()
