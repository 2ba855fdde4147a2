"""A whole conversation in one call, from a plain test."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from batuta.core.record import RunRecord


class TalkedTo(Protocol):
    """What ``talk`` wants of an App."""

    def assistant(self, style: str, **options: Any) -> Any:
        """Put it under a control style."""
        ...


def talk(app: TalkedTo, *said: str, style: str = "d", **options: Any) -> list[RunRecord]:
    """Say something to an App, one thing after the other in one conversation.

    Gives each answer's record; what the App holds is left open.

    Args:
        options: As ``App.assistant`` takes them: model, clock, settings.

    Raises:
        RuntimeError: An event loop runs already: await an assistant's ``chat`` there.
    """
    return asyncio.run(_talked(app.assistant(style, **options), said))


async def _talked(assistant: Any, said: tuple[str, ...]) -> list[RunRecord]:
    records: list[RunRecord] = []
    session: str | None = None
    async with assistant:
        for text in said:
            records.append(record := await assistant.chat(text, session))
            if record.reply is not None or record.effects:  # else nothing of it is kept
                session = record.session_id
    return records
