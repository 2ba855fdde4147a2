"""What a listener has heard so far, with what turned out to be void taken out again."""

from __future__ import annotations

from dataclasses import dataclass, field

from batuta.core.trace import Event


@dataclass(slots=True)
class Streamed:
    """Gathers streamed text by span; give it every event.

    A ``retry`` voids what was heard of the span in its ``of`` and of everything inside it: the same
    is said anew. So does the end of a span with an error: nothing comes after it.
    """

    _heard: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def __call__(self, event: Event) -> None:
        """Take an event."""
        if event.kind == "text":
            self._heard.setdefault(event.span, []).append(str((event.data or {}).get("text", "")))
        elif void := voided(event):
            for span in [s for s in self._heard if s == void or s.startswith(f"{void}.")]:
                del self._heard[span]

    def text(self, span: str) -> str:
        """Give what one model call has said so far."""
        return "".join(self._heard.get(span, ()))

    @property
    def spans(self) -> dict[str, str]:
        """Each span that said something, in the order of speaking, with its text."""
        return {span: self.text(span) for span in self._heard}


def voided(event: Event) -> str:
    """Give the span of which an event voids all text heard so far; empty where it voids none."""
    if event.kind == "retry":
        return str((event.data or {}).get("of", ""))
    return event.span if event.phase == "end" and event.error is not None else ""
