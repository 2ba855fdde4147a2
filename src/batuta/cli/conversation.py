"""A conversation from a terminal: which style, which session, and what was answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from batuta.cli.opening import app_for
from batuta.cli.tape import Tape
from batuta.errors import ConfigError

if TYPE_CHECKING:
    from batuta.core.attachment import Attachment
    from batuta.core.model_settings import ModelSettings
    from batuta.core.principal import Principal
    from batuta.core.record import RunRecord
    from batuta.core.trace import Event
    from batuta.styles import AppStyle, Cast
    from batuta.wiring import Assistants


def check_style(style: str, cast: Cast, *, placed: bool = True) -> AppStyle:
    """Give a style that can run here.

    Args:
        placed: Whether its services must be there; they need not where they are to be started.

    Raises:
        ConfigError: It is unknown, or something that it needs is missing.
    """
    found = cast.find(style)
    missing = found.missing() if placed else found.lacks
    if missing:
        here = ", ".join(cast.available() if placed else cast.runnable())
        what = f"Style {found.key} ({found.style.name}) cannot run here: {missing}"
        raise found.cannot_run(what, f"Styles that can: {here}.")
    return found


class Conversation:
    """One talk with an App; the style may change on the way, the session goes on.

    Args:
        session_id: None starts a new one.
    """

    def __init__(
        self, assistants: Assistants, principal: Principal, *, style: str, session_id: str | None
    ) -> None:
        self.assistants, self.principal = assistants, principal
        self.style, self.session_id = style, session_id
        self.records: list[RunRecord] = []
        self.taped = False
        self.settings: ModelSettings | None = None
        self.attachments: tuple[Attachment, ...] = ()

    def elsewhere(self) -> tuple[str, ...]:
        """Name the style's agents that live in other processes, with models of their own."""
        placed = self.assistants.cast.find(self.style).placement()
        return () if placed is None else tuple(placed.addresses)

    @classmethod
    async def open(
        cls, app: str, tape: Tape, principal: Principal, *, style: str, session: str
    ) -> Conversation:
        """Open the App and its stores.

        Args:
            tape: The settings, and what stands between the App and its models.
            session: Id of one to go on with; empty starts a new one.

        Raises:
            ConfigError: The App or style cannot be used.
            SessionError: The session is not this principal's.
        """
        from batuta.wiring import Assistants

        opened = tape.on(await app_for(app, tape.settings))
        made = Assistants(opened, tape.settings)
        talk = cls(made, principal, style=style, session_id=session or None)
        talk.taped = tape.recorded is not None or tape.replayed is not None
        try:
            if session:
                await made.sessions.load(session, principal.id)
            await made.style(await talk.switch(style))
        except BaseException:
            await made.close()
            raise
        return talk

    async def say(self, text: str, listener: Callable[[Event], None]) -> RunRecord:
        """Say one thing and give the record of the answer; a failed one leaves the session alone.

        Raises:
            InvalidInput: It is empty or too long.
        """
        from batuta.assistant import Ask

        assistant = await self.assistants.style(self.style)
        record = await assistant.answer(
            Ask(
                text=text,
                principal=self.principal,
                session_id=self.session_id,
                listener=listener,
                settings=self.settings,
                attachments=self.attachments,
            )
        )
        self.attachments = ()  # they belong to the first message
        self.records.append(record)
        if record.reply is not None:
            self.session_id = record.session_id
        return record

    async def switch(self, style: str) -> str:
        """Go on under another style and give its key.

        Raises:
            ConfigError: It cannot be used.
        """
        found = check_style(style, self.assistants.cast)
        key = found.key
        if self.taped and found.placement() is not None:
            raise ConfigError(
                f"The agents of style {key} live in other processes, whose models no tape hears",
                "Give --record or --replay to batuta host, or take B for C, F for G.",
            )
        self.style = key
        return key

    def start_over(self) -> None:
        """Forget the session; the next message starts a new one."""
        self.session_id = None

    async def close(self) -> None:
        """Release the App and the stores."""
        await self.assistants.close()
