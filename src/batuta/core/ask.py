"""One message to an assistant, and what a message may be."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batuta.core.message import Message
from batuta.core.principal import LOCAL, Principal
from batuta.core.replacement import replace
from batuta.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from batuta.core.attachment import Attachment
    from batuta.core.budget import Budget
    from batuta.core.clock import Clock
    from batuta.core.model_settings import ModelSettings
    from batuta.core.trace import Listener

_ALLOWED_CONTROLS = "\n\t"
_ALLOWED = " \n\t"
VISIBLE = (
    "[!-~\u00a1-\u00ac\u00ae-\u05ff\u0606-\u061b\u061d-\u06dc\u06de-\u070e\u0710-\u088f"
    "\u0892-\u08e1\u08e3-\u167f\u1681-\u180d\u180f-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\u2fff"
    "\u3001-\ud7ff\uf900-\ufefe\uff00-\uffef\U00010000-\U000dffff]"
)
"""A character that a message is made of: all but spaces, controls, and what formats unseen.

Written as ranges, so that a door can describe in its schema which messages it takes.
"""
_JOINED = (
    "[\u0600-\u06ff\u0700-\u074f\u0750-\u077f\u07c0-\u07ff\u0840-\u085f\u0860-\u08ff\u0900-\u0dff"
    "\u0e00-\u109f\u1780-\u18af\u1900-\u1aaf\u1b00-\u1bff\u2190-\u2bff\ua840-\ua87f\ua8e0-\uabff"
    "\ufb50-\ufdff\ufe0f\ufe70-\ufefe\U00010a00-\U00011fff\U0001e900-\U0001e95f\U0001f000-\U0001faff]"
)
_JOINER = f"(?<={_JOINED})[\u200c\u200d](?={_JOINED})"
"""A joiner (U+200C, U+200D) between letters of scripts that join them, or within an emoji.

Source: RFC 5892, appendices A.1 and A.2; UTS 51 (emoji sequences).
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one message and one conversation may be.

    Args:
        message_chars: Longest message.
        attachments: Most images and files of one message.
        attachment_bytes: What they may have together; 0 takes none.
        history_messages: Most messages of the conversation that a model sees.
        session_messages: Most messages that a session keeps; older ones are dropped.
        wait_s: Longest that a run waits until it may begin; None for as long as it takes.
    """

    message_chars: int = 4_000
    attachments: int = 8
    attachment_bytes: int = 5_000_000
    history_messages: int = 40
    session_messages: int = 400
    wait_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One message from a door.

    Args:
        session_id: None starts a conversation.
        request_key: The caller's key of this request; the same again gives the same answer.
        run_id: The run's id, where the door must know it beforehand; None makes one.
        clock: Where "now" comes from, for this message alone.
        listener: Called with each event as it happens.
        streams: Whether the listener wants text in pieces, asked before each model call; None for
            always.
        seconds: What the door has left for the run; None leaves it to the budget.
        budget: Of this run, in the place of the usual one; None for that.
        settings: Of every model, where nobody nearer to it sets the same.
        attachments: Images and files beside the text.
        traceparent: W3C trace context of what sent it; empty for none.
    """

    text: str
    principal: Principal = LOCAL
    session_id: str | None = None
    request_key: str = ""
    run_id: str | None = None
    clock: Clock | None = None
    listener: Listener | None = None
    streams: Callable[[], bool] | None = None
    seconds: float | None = None
    budget: Budget | None = None
    settings: ModelSettings | None = None
    attachments: tuple[Attachment, ...] = ()
    traceparent: str = ""

    def message(self) -> Message:
        """Make the message that a run is begun with."""
        return Message.user(self.text).attaching(*self.attachments)

    def prefix(self, app: str) -> str:
        """Make of the caller's key what opens the keys of its writes; it is the caller's alone."""
        if not self.request_key:
            return ""
        return _digest(f"{app}|{self.principal.id}|{self.request_key}")

    def words(self, style: str) -> str:
        """Give a digest of what is asked, under a style."""
        shown = "".join(f"|{each.digest}" for each in self.attachments)
        return _digest(f"{style}|{self.text}{shown}")


def _digest(plain: str) -> str:
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def within(budget: Budget, seconds: float | None) -> Budget:
    """Give the budget with no more time than there is."""
    if seconds is None or (budget.seconds is not None and budget.seconds <= seconds):
        return budget
    return replace(budget, seconds=seconds)


def clean(text: str, most_chars: int) -> str:
    """Check a message and take control characters out of it.

    Joiners stay between letters that are written otherwise without them, as in Persian and Hindi,
    and within emoji; anywhere else nobody sees them.

    Raises:
        InvalidInput: It is empty, or longer than allowed.
    """
    if len(text) > most_chars:
        raise InvalidInput(f"The message has {len(text)} characters", f"Send at most {most_chars}.")
    kept = text.strip() if text.isascii() and text.isprintable() else _visible(text)
    if not kept:
        raise InvalidInput("The message is empty", "Say what you want.")
    return kept


def _visible(text: str) -> str:
    """Take out what nobody sees, and put spaces for what only looks like one."""
    spaced = "".join(" " if c.isspace() and c not in _ALLOWED_CONTROLS else c for c in text)
    joined = {found.start() for found in re.finditer(_JOINER, spaced)}
    seen = re.compile(VISIBLE)
    return "".join(
        c for at, c in enumerate(spaced) if c in _ALLOWED or seen.match(c) or at in joined
    ).strip()
