"""What a conversation looks like, and the commands that begin with a slash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from batuta.cli.view.errors import failed
from batuta.cli.view.figures import STAND_IN, Figures, done_line, said, seconds, usd
from batuta.cli.view.progress import LiveLine
from batuta.cli.view.screen import DIM, HEAD, put, screen, tell, text
from batuta.cli.view.totals import totals
from batuta.errors import ConfigError, InvalidInput

if TYPE_CHECKING:
    from batuta.cli.conversation import Conversation
    from batuta.core.record import RunRecord
    from batuta.styles import Style

HELP = """\
/trace      who did what in the last turn, as a diagram
/cost       calls, tokens and money of this conversation
/style KEY  go on under another style, such as d
/new        start a new conversation
/quit       leave (so does Ctrl-D); Ctrl-C cancels a turn"""


class ChatView:
    """Shows a conversation: answers on stdout, everything about them that is no answer beside.

    Args:
        as_json: Answers are printed as JSON by whoever asks; notes go to stderr.
        asked: Somebody sits at the keyboard.
        stand_in: What to say of answers that no real model gave; empty says nothing.
    """

    def __init__(
        self, conversation: Conversation, *, as_json: bool, asked: bool, stand_in: str = STAND_IN
    ) -> None:
        self.conversation = conversation
        self._stand_in = stand_in
        self.as_json, self.asked = as_json, asked
        self.ended = False
        self._out, self._err = screen(), screen(stderr=True)
        self._warned = as_json

    def greet(self) -> None:
        """Say what one talks to, where somebody reads it."""
        if not self.asked or self.as_json:
            return
        app, style = self.conversation.assistants.app, self._style
        head = text(f"{app.title or app.name} under style {style.label}: {style.name}", HEAD)
        self._out.print(head.append_text(text(f"  who decides: {style.decides}", DIM)))
        self._out.print(text("/help lists the commands, /quit leaves", DIM))

    def leave(self) -> None:
        """End the line that waits for an answer that does not come."""
        if self.asked:
            self._out.print()

    def note(self, line: str) -> None:
        """Say something that is no answer."""
        if line:
            self._err.print(text(line, DIM), soft_wrap=True)

    def watching(self) -> LiveLine:
        """Show what goes on until the answer is there."""
        return LiveLine(self._err if self.as_json or not self.asked else self._out)

    def show(self, record: RunRecord) -> None:
        """Show one answer, and in one line who decided and what it took."""
        if record.stand_in and not self._warned:
            self._warned = True
            self.note(self._stand_in)
        for thought in thoughts_of(record):
            self.note(f"thought: {thought}")
        if record.reply is not None:
            tell(self._out, record.reply.text)
        self._out.print(text(done_line(record), DIM), soft_wrap=True)
        self._out.print(text(_beside(record), DIM), soft_wrap=True)
        for warning in record.warnings:
            self.note(f"warning: {warning}")
        self._out.file.flush()

    async def command(self, line: str) -> int:
        """Do what a line with a slash says and give its exit code."""
        word, _, rest = line[1:].partition(" ")
        try:
            match word:
                case "trace":
                    self._trace()
                case "cost":
                    self._cost()
                case "style":
                    await self._switch(rest.strip())
                case "new":
                    self.conversation.start_over()
                    self.note("A new conversation begins.")
                case "quit" | "exit" | "q":
                    self.ended = True
                case "help" | "?" | "h":
                    self._console.print(HELP)
                case _:
                    return failed(InvalidInput(f"There is no command /{word}", "/help lists them."))
        except ConfigError as error:
            return failed(error)
        return 0

    def _trace(self) -> None:
        if not self.conversation.records:
            self.note("Nothing was said yet.")
            return
        from batuta.cli.view.record import show

        show(self.conversation.records[-1], self._console)

    def _cost(self) -> None:
        from batuta.styles import label_of

        records = self.conversation.records
        by_style = {r.style: [s for s in records if s.style == r.style] for r in records}
        rows = [(text(label_of(key)), Figures.of(own), None) for key, own in by_style.items()]
        if len(rows) > 1:
            rows.append((text("all"), Figures.of(records), None))
        if rows:
            put(self._console, totals(self._console, rows))
        if Figures.of(records).stand_in:
            self.note(self._stand_in)

    async def _switch(self, key: str) -> None:
        if key:
            await self.conversation.switch(key)
        style = self._style
        self.note(f"Style {style.label}, {style.name}; who decides: {style.decides}")

    @property
    def _style(self) -> Style:
        return self.conversation.assistants.cast.find(self.conversation.style).style

    @property
    def _console(self) -> Console:
        return self._err if self.as_json else self._out


def thoughts_of(record: RunRecord) -> list[str]:
    """Give the summaries of thoughts that a run's models told, one line each."""
    told = ((event.data or {}).get("reasoning") for event in record.events)
    return [" ".join(text.split()) for text in told if isinstance(text, str) and text.strip()]


def _beside(record: RunRecord) -> str:
    figures = Figures.of([record])
    return " | ".join(
        (
            f"decided: {said(figures.decided)}",
            f"calls: {figures.model_calls} model, {figures.tool_calls} tool",
            f"{figures.usage.total_tokens:,} tokens",
            usd(figures.cost),
            seconds(figures.seconds),
        )
    )
