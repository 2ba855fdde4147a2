"""Which agent's frame is at work here, for what is told of no Run: limits, caches, your spans."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from batuta.core.principal import LOCAL

if TYPE_CHECKING:
    from batuta.core.run import Run

at_work: ContextVar[Run | None] = ContextVar("at_work", default=None)
"""The frame of the agent that works here; None outside of any run."""


def acting() -> str:
    """Give the id of the principal whose agent works here."""
    frame = at_work.get()
    return LOCAL.id if frame is None else frame.job.principal.id


def conversation() -> str:
    """Give the id of the session whose agent works here; empty outside of any."""
    frame = at_work.get()
    return "" if frame is None else frame.job.session.id
