"""What a run is doing just now, while somebody watches; nothing where nobody does."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.text import Text

from batuta.cli.view.screen import DIM, text, unicode_shown
from batuta.cli.view.streamed import Streamed
from batuta.core.trace import Event

if TYPE_CHECKING:
    from rich.status import Status

_DOING = {"model": "asking {}", "tool": "using {}", "agent": "calling {}", "step": "doing {}"}


class LiveLine:
    """A line that changes as a run goes on, and goes away with it.

    Args:
        console: Nothing is shown where it is no terminal.
        prefix: Opens the line.
    """

    def __init__(self, console: Console, prefix: str = "") -> None:
        self.prefix = prefix
        self._line = ""
        self._span: str = ""
        self._streamed = Streamed()
        self._status: Status | None = None
        if console.is_terminal and not console.is_dumb_terminal:
            spinner = "dots" if unicode_shown(console) else "line"
            self._status = console.status("", spinner=spinner)

    def __enter__(self) -> Self:
        if self._status is not None:
            self._status.update(self.shown())
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def listen(self, event: Event) -> None:
        """Take an event of the run."""
        if self._status is None:
            return
        self._streamed(event)
        if event.kind == "text":
            self._span = event.span
        elif event.phase == "start" and event.kind in _DOING:
            self._line = _DOING[event.kind].format(event.name)
            self._span = ""
        self._status.update(self.shown())

    def shown(self) -> Text:
        """Give the line, and under it what the model has said so far."""
        line = text(f"{self.prefix} {self._line}".strip(), DIM)
        # A structured reply is for the code, not for the reader.
        said = self._streamed.text(self._span)
        if said and not said.lstrip().startswith(("{", "[")):
            line.append("\n")
            line.append_text(text(said))
        return line
