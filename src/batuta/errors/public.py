"""What a user may read of an error: no address, path, name of a setting, or words of a library.

What an error itself says is for whoever runs the service, in the log, the trace and the command
line. A user gets its class's words from ``PUBLIC``, or its own ones, with such things taken out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batuta.errors.models import (
    ModelAuthFailed,
    ModelNotFound,
    ModelUnavailable,
)
from batuta.errors.root import BatutaError, ConfigError, message_of, with_rest
from batuta.errors.runs import AgentUnreachable, ReplayMismatch, RuntimeFailure
from batuta.errors.storage import StoreUnreachable

_OPERATOR = "Whoever runs it finds the reason in its log."
PUBLIC: dict[type[BatutaError], str] = {
    ConfigError: f"This service is set up wrongly. {_OPERATOR}",
    AgentUnreachable: "{agent} cannot be reached just now. Try again later.",
    ReplayMismatch: "This service plays a recording, which has no answer to this.",
    StoreUnreachable: "A database of this service cannot be reached just now. Try again later.",
    ModelAuthFailed: f"The model may not be used by this service. {_OPERATOR}",
    ModelNotFound: f"The model of this service is not there. {_OPERATOR}",
    ModelUnavailable: "The model is not available just now. Try again later.",
}
"""Words for users, by the nearest class; those of a class that is not here are its own."""

_ADDRESS, _FILE, _SETTING = "an address", "a file", "a setting"
_NAME = r"[\w.@+-]+"
_TAKEN_OUT: tuple[tuple[str, str], ...] = (
    (r"\s\((?:[A-Z]+_)*[A-Z]{5,}: [^)]*\)", ""),  # a status of gRPC's, with its details
    (r"\b[a-z][a-z0-9+.-]*://[^\s'\"<>)\]]+", _ADDRESS),
    (r"\b(?:ipv[46]|unix|dns):[^\s'\",;)]+", _ADDRESS),
    (r"\[[0-9a-fA-F:]*:[0-9a-fA-F:.]*\](?::\d+)?", _ADDRESS),
    (r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b", _ADDRESS),
    (r"\blocalhost(?::\d+)?\b", _ADDRESS),
    (r"\b(?=[\w.-]*[A-Za-z])[\w-]+(?:\.[\w-]+)*:\d{4,5}\b", _ADDRESS),
    (r"\b[A-Za-z]:\\[^\s'\",;)]+", _FILE),
    (rf"(?<![\w/.])(?:~|\.{{1,2}})?/(?:{_NAME}/)+(?:{_NAME})?", _FILE),
    (r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", _SETTING),
)


def public_text(error: BatutaError) -> str:
    """Word an error for users, with what was done and answered before it."""
    return with_rest(public_words(error), error)


def public_words(error: BatutaError) -> str:
    """Word for users what went wrong, without what was done before it."""
    who = f"Agent {error.agent}" if isinstance(error, RuntimeFailure) else ""
    return _worded(type(error), who) or without_internals(message_of(error))


def public_message(kind: type[BatutaError], message: str) -> str:
    """Word an error for users of which only class and message are known any more."""
    return _worded(kind, "") or without_internals(message)


def public_trace_text(text: str) -> str:
    """Word for users what a trace says of an error: its class, then its message."""
    name, _, message = text.partition(": ")
    kind = next((c for c in error_classes() if c.__name__ == name), None)
    return without_internals(text) if kind is None else public_message(kind, message)


def error_class(code: str) -> type[BatutaError]:
    """Give the class that has a code; the root's where none has it."""
    return next((c for c in error_classes() if c.code == code), BatutaError)


def error_classes(root: type[BatutaError] = BatutaError) -> Iterator[type[BatutaError]]:
    """List the classes of the tree, an App's own ones too."""
    yield root
    for child in root.__subclasses__():
        yield from error_classes(child)


def without_internals(text: str) -> str:
    """Take addresses, paths and names of settings out of a text.

    >>> without_internals("Agent book: the call to 127.0.0.1:34791 broke off")
    'Agent book: the call to an address broke off'
    >>> without_internals("FileNotFoundError: '/srv/club/tennis.db'; set BATUTA_HOME")
    "FileNotFoundError: 'a file'; set a setting"
    >>> without_internals("Court A/B is free at 15:00 on 2026/11/02")
    'Court A/B is free at 15:00 on 2026/11/02'
    """
    for pattern, instead in _TAKEN_OUT:
        text = re.sub(pattern, instead, text)
    return text


def _worded(kind: type[BatutaError], who: str) -> str:
    words = next((PUBLIC[c] for c in kind.__mro__ if c in PUBLIC), "")
    return words.format(agent=who or "A part of this service")
