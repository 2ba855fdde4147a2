"""Takes secrets out of text that strangers wrote, before it is shown or kept."""

from __future__ import annotations

import asyncio
import logging
import re

from batuta.errors import described

MOST_CHARS = 100_000
"""Longest text, and longest result of a tool, that is kept and sent on."""

_MOST_CHARS = 300
_SHORT = 8
_SECRETS = re.compile(
    r"\b(?:sk|pk|rk|ghp|gho|xox[abp])[-_][\w-]{8,}"
    r"|\bA(?:KIA|SIA)[0-9A-Z]{12,}"
    r"|\beyJ[\w-]{10,}\.[\w-]+\.[\w-]+"
    r"|(?i:\bbearer\s+)[\w.~+/=-]{8,}"
    r"|(?i:\b[\w-]*(?:api[_-]?key|token|secret|passw(?:or)?d)\w*[\"']?\s*[=:]\s*(?:b?[\"'])?)"
    r"[^\s\"',;}]+"
    r"|(?i:<\w*(?:token|secret|passw(?:or)?d)\w*>)[^<]+"
    r"|(?<=://)[^\s/@]+:[^\s/@]+(?=@)"
)

_SHORTEST = 7
"""Characters of the shortest secret that can be told from other text, as ``token=a``."""

# Without one of these there is nothing to look for at length.
_HINTS = (
    *("sk-", "sk_", "pk-", "pk_", "rk-", "rk_", "ghp", "gho", "xox", "akia", "asia", "eyj"),
    *("bearer", "key", "token", "secret", "passw", "://"),
)


def redacted(text: str) -> str:
    """Mask what looks like a key, token, password or credential in a URL, and cut long text.

    >>> redacted("Incorrect API key provided: sk-proj-1234567890abcdef")
    'Incorrect API key provided: [secret]'
    >>> redacted("connect postgres://ana:hunter2@db/club failed, token=abc123")
    'connect postgres://[secret]@db/club failed, [secret]'
    """
    kept = masked(text)
    return kept if len(kept) <= _MOST_CHARS else f"{kept[:_MOST_CHARS]}…"


def cut(text: str, most_chars: int = MOST_CHARS) -> str:
    """Shorten a text that is too long, and say so at its end.

    >>> cut("abcdef", 3)
    'abc… [cut: the first 3 of 6 characters]'
    """
    if len(text) <= most_chars:
        return text
    return f"{text[:most_chars]}… [cut: the first {most_chars} of {len(text)} characters]"


def masked(text: str) -> str:
    """Mask what looks like a key, token, password or credential in a URL."""
    if len(text) < _SHORTEST:
        return text
    plain = text.lower()
    for hint in _HINTS:
        if hint in plain:
            return _SECRETS.sub("[secret]", text)
    return text


def hidden(secret: str, text: str) -> str:
    """Mask a secret wherever it stands; a short one, which other words may hold, by itself alone.

    >>> hidden("sk-local-1234", "key=sk-local-1234x"), hidden("x", "x in next")
    ('key=[secret]x', '[secret] in next')
    """
    if len(secret) >= _SHORT:
        return text.replace(secret, "[secret]")
    return re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "[secret]", text) if secret else text


def redacted_text(error: BaseException) -> str:
    """Say what a stranger's exception was: its class, and its text without secrets.

    A cancellation has its class alone: its text names the tasks and files of who cancelled.
    """
    if isinstance(error, asyncio.CancelledError):
        return type(error).__name__
    return f"{type(error).__name__}: {redacted(described(error))}".rstrip(": ")


class Secret:
    """A key or password that no text, log or representation shows; ``reveal`` gives it.

    >>> Secret("sk-1234")
    Secret('[set]')
    """

    __slots__ = ("_value",)

    def __init__(self, value: str = "") -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the value, to send it where it belongs."""
        return self._value

    def hidden_in(self, text: str) -> str:
        """Mask the value wherever it stands in a text."""
        return hidden(self._value, text)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret('[set]')" if self._value else "Secret('')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def mask_logs(*packages: str) -> None:
    """Mask all that these packages' loggers say; to do it again takes in those made since."""
    for name in list(logging.Logger.manager.loggerDict):
        if name.partition(".")[0] in packages:
            logging.getLogger(name).addFilter(_mask)


def _mask(record: logging.LogRecord) -> bool:
    """Mask a record's text and its traceback; one that cannot be read is dropped."""
    try:
        text = record.getMessage()
    except (TypeError, ValueError, LookupError):
        return False
    kept = masked(text)
    if kept != text:
        record.msg, record.args = kept, ()
    if record.exc_info and not record.exc_text:
        record.exc_text = masked(logging.Formatter().formatException(record.exc_info))
    return True
