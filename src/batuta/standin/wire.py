"""What the stand-in's wire does besides carrying replies, and what it saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Hosts that mean this machine, as they stand in an address."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wire:
    """How the wire behaves; by default it carries replies and nothing else happens.

    Args:
        key: The API key that clients must send; None takes any or none.
        models: Names that can be asked for; empty takes every name.
        like: Name of a server whose habits Chat Completions has here, of those in
            ``standin.habits``; empty for OpenAI's own.
        thoughts: What the model thinks before each reply, given in the way of the wire and wanted
            back with the calls of a turn; empty for a model that does not think.
        service_tier: At which every reply is served, in the vendor's word; empty as asked for.
        latency_ms: Wait before the model is asked, as a provider's own delay.
        cut_after_events: Cut the connection after this many events of a stream, or in the middle
            of a plain reply's body; None never cuts.
        hang_s: Send nothing for this long,
        hang_after_events: beginning after this many events of a stream; 0 is before the headers.
        html_500: Answer with a proxy's HTML page and status 500.
        huge_reply_mb: Go on for this many megabytes after the reply's own text.
        faulty_requests: Strike this many requests only, then behave; None strikes all.
        keep: Most requests to remember.
    """

    key: str | None = field(default=None, repr=False)
    models: tuple[str, ...] = ()
    like: str = ""
    thoughts: str = ""
    service_tier: str = ""
    latency_ms: float = 0.0
    cut_after_events: int | None = None
    hang_s: float = 0.0
    hang_after_events: int = 0
    html_500: bool = False
    huge_reply_mb: float = 0.0
    faulty_requests: int | None = None
    keep: int = 1_000


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request as the server saw it, filled in as it is answered.

    Args:
        headers: In lower case, with what is secret in them left out.
        body: The parsed JSON; None before it is read, or where it is none.
        status: None before the response began.
        events: Events of the stream that were sent.
        ended: How it went: ``whole``, ``cut`` by a fault or a stop, or the client ``left``.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any = None
    status: int | None = None
    events: int = 0
    ended: Literal["", "whole", "cut", "left"] = ""
