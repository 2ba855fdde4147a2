"""What the demo looks like."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.rule import Rule
from rich.text import Text

from batuta.cli.opening import TENNIS
from batuta.cli.view.figures import STAND_IN, Figures, said
from batuta.cli.view.progress import LiveLine
from batuta.cli.view.screen import BAD, DIM, GOOD, HEAD, hang, put, put_commands, screen, text
from batuta.cli.view.totals import totals
from batuta.errors import called, checkout_folder

if TYPE_CHECKING:
    from batuta.app import Scenario
    from batuta.cli.demo_play import Played, StylePlay, Watch
    from batuta.styles import AppStyle, Cast, Style
    from batuta.tennis.bookings import Booking

ASIDE = "you"


class DemoView:
    """Shows the demo as it goes on, and sums it up.

    Args:
        again: The options with which commands find the App and the home again.
        silent: Show nothing on the way; the JSON at the end is all.
    """

    def __init__(self, cast: Cast, *, again: tuple[str, str], silent: bool) -> None:
        from batuta.models.named import DEFAULT_MODEL
        from batuta.wiring import clock_of

        app, settings = cast.app, cast.settings
        self.cast, self.app, self.settings, self._again = cast, app, settings, again
        self._now = clock_of(settings, app.time_zone).now()
        self._out = screen(stderr=silent)
        self._silent = silent
        self._offline = settings.default_model == DEFAULT_MODEL

    def open(self) -> None:
        """Say what is shown."""
        if self._silent:
            return
        from zoneinfo import ZoneInfo

        local = self._now.astimezone(ZoneInfo(self.app.time_zone))
        self._out.print(text("Who decides which function is called, and when?", HEAD))
        when = f"{local:%A} {local.date()} {local:%H:%M} {self.app.time_zone}"
        self._out.print(text(f"{self.app.title or self.app.name} | {when}", DIM))
        note = " (a stand-in: language rules, no AI, no key)" if self._offline else ""
        self._out.print(text(f"model {self.settings.default_model}{note}", DIM))

    def begin(self, number: int, scenario: Scenario) -> None:
        """Open a conversation's part."""
        if not self._silent:
            self._out.print()
            self._out.print(Rule(text(f"{number}. {scenario.name}", HEAD), align="left", style=DIM))

    @contextmanager
    def watching(self, play: StylePlay) -> Generator[Watch]:
        """Show live what a style is doing."""
        prefix = f"{play.style.key.upper()} {play.style.name}:"
        with LiveLine(self._out, prefix) as progress:

            def watch(said_now: str) -> Any:
                progress.prefix = f"{prefix} “{said_now}”"
                return progress.listen

            yield watch

    def placed(self, play: StylePlay, services: Sequence[str]) -> None:
        """Say which services were started for a style."""
        if services and not self._silent:
            what = f"{len(services)} processes of its own: {', '.join(services)}"
            head = text(f"{play.style.key.upper()} {play.style.name} has ", DIM)
            self._out.print(head.append_text(text(what, DIM)))

    def show(self, play: StylePlay, played: Played) -> None:
        """Show one conversation under one style."""
        if self._silent:
            return
        style, figures = play.style, Figures.of(played.records)
        self._out.print()
        head = text(f"{style.key.upper()}  {style.name}", HEAD)
        self._out.print(head.append_text(text(f"  who decides: {style.decides}", DIM)))
        for words, record in played.turns:
            hang(self._out, text(ASIDE, DIM), text(words, DIM))
            answer = text(record.text, "" if record.error is None else BAD)
            hang(self._out, text(style.key.upper(), HEAD), answer)
        hang(self._out, text(""), text(f"decided by {said(figures.decided)}\n{figures.line}", DIM))
        if played.expected is not None or played.effects:
            hang(self._out, text(""), text(_effects(played), DIM))
        if played.done is False:
            hang(self._out, text(""), text(_failure(played), BAD))

    def sum_up(self, plays: Sequence[StylePlay], shared: Sequence[str] = ()) -> None:
        """Compare the styles, show what was booked, and say where to look next.

        Args:
            shared: Styles that had no data of their own.
        """
        out = self._out
        out.print()
        out.print(Rule(text("Compared", HEAD), align="left", style=DIM))
        rows = [(_label(play.style), play.figures, _outcome(play)) for play in plays]
        put(out, totals(out, rows, last="ok"))
        if any(play.figures.stand_in for play in plays):
            out.print(text(STAND_IN, DIM))
            if self.app.name != TENNIS and not all(play.done for play in plays):
                out.print(text(_PLAIN_REQUESTS, DIM))
        if any(played.done is None for play in plays for played in play.played):
            out.print(text(_UNTOLD, DIM))
        if shared:
            out.print(text(_SHARED.format(styles=" ".join(shared).upper()), DIM))
        if any(play.booked for play in plays):
            out.print(text("\nBooked, as read back from each style's own club", HEAD))
            for play in plays:
                hang(out, text(play.style.key.upper(), HEAD), text(_booked(play.booked)))
        self._not_here()
        self._next(plays)

    def to_json(self, plays: Sequence[StylePlay], shared: Sequence[str] = ()) -> dict[str, Any]:
        """Turn everything into JSON-able data."""
        return {
            "app": self.app.name,
            "now": self._now.isoformat(),
            "model": self.settings.default_model,
            "done": all(play.done for play in plays),
            "shared_data": list(shared),
            "styles": [play.to_json() for play in plays],
            "not_run": [
                {"style": each.key, "name": each.style.name, "why": each.lacks}
                for each in self._missing()
            ],
        }

    def _missing(self) -> list[AppStyle]:
        there = self.cast.styles.values()
        return [each for each in there if each.lacks and each.key not in self.app.compositions]

    def _not_here(self) -> None:
        missing = self._missing()
        if missing:
            self._out.print(text("\nNot here", HEAD))
        for each in missing:
            said = f"{each.style.name}: {each.lacks}"
            hang(self._out, text(each.key.upper(), DIM), text(said, DIM))
        put_commands(self._out, [each.install for each in missing])

    def _next(self, plays: Sequence[StylePlay]) -> None:
        app, home = self._again
        apart = [p.style.key for p in plays if p.style.independent]
        last = next((p for p in reversed(plays) if p.style.key not in apart), plays[-1])
        shown, key = last.played[-1].records[-1].run_id, last.style.key
        hints = [
            (f"{called()} trace {shown}{home}", f"{key.upper()}'s last run, call by call"),
            (f"{called()} chat --style {key}{app}{home}", "talk to it yourself"),
            *(
                (
                    f"{called()} up {each}{app}{home}",
                    f"start {each.upper()}'s services, to talk to it",
                )
                for each in apart
            ),
            (
                f"{called()} play{app.removeprefix(' --app')}{home}",
                "side by side, in the browser",
            ),
            (f"{called()} serve{app}{home}", "the same by HTTP"),
            (f"{called()} styles{app}{home}", "who decides in each"),
            *([("docs/control/", "each style on a page of its own")] if _pages_here() else []),
        ]
        self._out.print(text("\nWhere to look next", HEAD))
        widest = max(len(what) for what, _ in hints)
        for what, why in hints:
            line = text(f"  {what:{widest}}").append_text(text(f"  {why}", DIM))
            self._out.print(line, soft_wrap=True)


def _pages_here() -> bool:
    """Tell whether the current folder is the checkout: an installed package has no pages."""
    return checkout_folder() == Path.cwd()


def _label(style: Style) -> Text:
    return text(style.key.upper(), HEAD).append_text(text(f" {style.name}"))


def _outcome(play: StylePlay) -> Text:
    told = [played.done for played in play.played if played.done is not None]
    if not told:
        return text("?", DIM)
    return text(f"{sum(told)}/{len(told)}", GOOD if play.done else BAD)


def _effects(played: Played) -> str:
    """Say what was done, and what should have been."""
    did = ", ".join(played.effects) or "nothing"
    if played.expected is None:
        return f"done: {did}"
    return f"done: {did}; expected: {', '.join(played.expected) or 'nothing'}"


_UNTOLD = "?: its scenario does not say what should be done. Say it: Scenario(expects=[…])."
_PLAIN_REQUESTS = (
    "It acts on plain requests alone, in words that the App knows: the names and first sentences "
    "of tools, the choices (enum) and descriptions of fields, those of specialists. "
    "--model takes a real model."
)
_SHARED = (
    "These styles shared the App's data, so each found what those before it did: {styles}. "
    "App(fresh=…) gives each its own, its services too."
)


def _booked(bookings: Sequence[Booking]) -> str:
    said = [f"{b.start:%a} {b.date} {b.start:%H:%M} court {b.court}" for b in bookings]
    return " · ".join(said) or "nothing"


def _failure(played: Played) -> str:
    error = next((r.error for r in played.records if r.error is not None), None)
    if error:
        return f"Failed: {error['code']}"
    if played.wrong:
        return f"Not as it should be: {played.wrong}"
    return "Nothing was booked." if played.expected is None else "Not what was expected."
