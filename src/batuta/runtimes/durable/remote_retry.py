"""The layer that lets a durable run wait for a service that is away, and is started anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from batuta.core.agent import is_remote
from batuta.core.layers import Proceed
from batuta.core.retry import NO_RETRY, Retry
from batuta.core.run import CallOp

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.message import Message

LONG_RETRY = Retry(attempts=6, wait_s=0.5, most_s=4.0)
"""Some twelve seconds in all: a service that crashed is there again by then."""


class RemoteRetry:
    """Calls an agent elsewhere again for longer than others would.

    What it wrote before it died is found by its key: the answer of the next call tells of it, where
    a run that gave up would end with nobody knowing.

    Args:
        find: Gives a registered agent by its name.
        most: How long; a call that asks for one try alone has one.
    """

    def __init__(self, find: Callable[[str], Agent], most: Retry = LONG_RETRY) -> None:
        self._find, self._most = find, most

    async def call(self, op: CallOp, proceed: Proceed[CallOp]) -> Message:
        """Call, with more tries where the agent lives elsewhere."""
        agent = self._find(op.agent) if isinstance(op.agent, str) else op.agent
        fewer = op.retry is None or 1 < op.retry.attempts < self._most.attempts
        if is_remote(agent) and fewer:
            asked = op.retry or NO_RETRY
            most = replace(self._most, on=asked.on, timeout_s=asked.timeout_s)
            op = replace(op, retry=most)
        return await proceed(op)
