"""Plays an App's conversations under a style, each style on a club of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from batuta.cli.opening import TENNIS, app_for
from batuta.cli.view.figures import Figures, turn_json
from batuta.core.principal import LOCAL
from batuta.core.record import RunRecord
from batuta.core.scenario import FIRST_PERSON
from batuta.lab.talks import TalkScript

if TYPE_CHECKING:
    from batuta.app import App, Scenario
    from batuta.core.trace import Event
    from batuta.hosting import Placed
    from batuta.settings import Settings
    from batuta.styles import Style
    from batuta.tennis.bookings import Booking

CHOICE = "the first one"

Watch = Callable[[str], Callable[["Event"], None]]
"""Takes what is said next, gives who listens to what happens then."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Played:
    """One conversation under one style.

    Args:
        turns: What was said, and the record of its answer.
        booked: What the club's store held afterwards that it had not held before.
        expected: Writing tools that should have been done; None where nothing is said of that.
        wrong: What is not as it should be, in the App's own words; empty for nothing.
        done: Whether it came to what it should; None where nobody says what that is.
    """

    scenario: str
    turns: Sequence[tuple[str, RunRecord]]
    booked: Sequence[Booking]
    expected: Sequence[str] | None = None
    wrong: str = ""
    done: bool | None

    @property
    def effects(self) -> list[str]:
        """What was done, by tools that write, in order."""
        found = (effect for record in self.records for effect in record.effects)
        return [effect.tool for effect in found if effect.status == "done"]

    @property
    def failed(self) -> bool:
        """Whether an answer failed."""
        return any(record.error is not None for record in self.records)

    @property
    def records(self) -> list[RunRecord]:
        """The answers' records."""
        return [record for _, record in self.turns]

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data."""
        return {
            "scenario": self.scenario,
            "turns": [turn_json(text, record) for text, record in self.turns],
            "booked": [booking.to_json() for booking in self.booked],
            "expected": None if self.expected is None else list(self.expected),
            "effects": self.effects,
            "wrong": self.wrong,
            "done": self.done,
        }


@dataclass(kw_only=True, slots=True)
class StylePlay:
    """All conversations under one style."""

    style: Style
    played: list[Played] = field(default_factory=list[Played])

    @property
    def figures(self) -> Figures:
        """What they took together."""
        return Figures.of(record for played in self.played for record in played.records)

    @property
    def booked(self) -> list[Booking]:
        """What they booked together."""
        return [booking for played in self.played for booking in played.booked]

    @property
    def done(self) -> bool:
        """Whether each came to what it should, as far as anybody says what that is."""
        return all(played.done is not False for played in self.played)

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data."""
        style = self.style
        return {
            "style": style.key,
            "name": style.name,
            "decides": style.decides,
            "done": self.done,
            **self.figures.to_json(),
            "scenarios": [played.to_json() for played in self.played],
        }


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where styles play: each on a club of its own, or all on one App of the user's.

    Use as ``async with``: what was started for a style ends with it.

    Args:
        folder: Where the clubs' bookings go; run records go where the settings say.
        own: The user's App; None opens clubs.
        name: What processes open the App by.
    """

    settings: Settings
    folder: Path
    own: App | None
    name: str = TENNIS
    _fresh: dict[str, App] = field(default_factory=dict[str, "App"])
    _placed: dict[str, Placed] = field(default_factory=dict[str, "Placed"])
    _running: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def place(self, style: Style, app: App) -> None:
        """Start the services of a style whose agents live in processes of their own."""
        from batuta.hosting import ServiceSpec, placed
        from batuta.styles import app_style

        settings = self.settings if self.own is not None else self._club(style.key)
        fresh = None
        if self.own is not None and self.own.fresh is not None:
            await self._app(style.key)  # its data is there before several processes look for it
            fresh = self.folder / style.key
        spec = ServiceSpec(
            app_name=self.name, style=app_style(app, style.key, settings), fresh=fresh
        )
        there = await self._running.enter_async_context(placed(spec))
        self._placed[style.key] = there

    def services(self, style: str) -> tuple[str, ...]:
        """Name the services that were started for a style."""
        return tuple(self._placed[style].agents) if style in self._placed else ()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._running.aclose()
        for app in self._fresh.values():
            if app.close is not None:
                await app.close()

    async def play(self, style: str, scenario: Scenario, watch: Watch) -> Played:
        """Hold one conversation; it ends early at the first answer that fails."""
        from batuta.assistant import Ask
        from batuta.wiring import Assistants

        app = await self._app(style)
        before = {booking.booking_id for booking in await self._bookings(style)}
        turns: list[tuple[str, RunRecord]] = []
        booked: list[Booking] = []
        async with Assistants(app, self._settings_for(style)) as assistants:
            assistant = await assistants.style(style)
            script = TalkScript(scenario=scenario, seed=0)
            while (said := self._said(script, turns, booked=bool(booked))) is not None:
                session = turns[-1][1].session_id if turns else None
                ask = Ask(text=said, session_id=session, listener=watch(said))
                record = await assistant.answer(ask)
                turns.append((said, record))
                if record.reply is None:
                    break
                found = await self._bookings(style)
                booked = [b for b in found if b.booking_id not in before]
            if self.own is not None:
                return await self._own(app, scenario, turns)
        well = all(record.error is None for _, record in turns)
        return Played(
            scenario=scenario.name, turns=turns, booked=booked, done=well and bool(booked)
        )

    def _said(
        self, script: TalkScript, turns: Sequence[tuple[str, RunRecord]], *, booked: bool
    ) -> str | None:
        """Give what is said next; a style may ask which one before it acts, and gets an answer."""
        sayings, at = script.scenario.sayings, len(turns)
        if self.own is None:
            said = [*sayings, CHOICE][at] if at <= len(sayings) else None
            return None if said == CHOICE and booked else said
        return sayings[at] if at < len(sayings) else script.answer(FIRST_PERSON, turns[-1][1].text)

    async def _own(
        self, app: App, scenario: Scenario, turns: Sequence[tuple[str, RunRecord]]
    ) -> Played:
        """Find out whether a conversation with the user's App came to what it should."""
        scenario = next((s for s in app.scenarios if s.name == scenario.name), scenario)
        wrong = "" if scenario.check is None else await scenario.check()
        played = Played(
            scenario=scenario.name,
            turns=turns,
            booked=(),
            expected=scenario.expects,
            wrong=wrong,
            done=None,
        )
        told = scenario.expects is not None or scenario.check is not None
        fits = scenario.expects is None or list(scenario.expects) == played.effects
        if played.failed or told:
            return replace(played, done=not played.failed and fits and not wrong)
        return played

    async def _app(self, style: str) -> App:
        if self.own is None:
            return await app_for(TENNIS, self._club(style))
        if self.own.fresh is None:
            return replace(self.own, close=None)  # it lives on for the next style
        if style not in self._fresh:
            folder = self.folder / style
            folder.mkdir(parents=True, exist_ok=True)
            self._fresh[style] = self.own.fresh(folder)
        return replace(self._fresh[style], close=None)

    def shared(self, styles: Sequence[str]) -> tuple[str, ...]:
        """Name those of several styles that find what others did in the App's data."""
        if self.own is None or len(styles) < 2 or self.own.fresh is not None:
            return ()
        return tuple(styles)

    def _settings_for(self, style: str) -> Settings:
        """Give the settings, told where the style's services are."""
        if style not in self._placed:
            return self.settings
        there = self._placed[style].settings
        return replace(self.settings, placement=there.placement, secret=there.secret)

    def _club(self, style: str) -> Settings:
        return replace(self.settings, home=self.folder / style, store="sqlite")

    async def _bookings(self, style: str) -> Sequence[Booking]:
        """Read this person's bookings from the club's file, past the assistant that writes them."""
        if self.own is not None:
            return ()
        from batuta.wiring import open_tennis

        desk = await open_tennis(self._club(style))
        try:
            found = await desk.store.bookings(member_id=LOCAL.id)
            return tuple(b.at(desk.club.zone) for b in found if b.status == "confirmed")
        finally:
            await desk.store.aclose()
