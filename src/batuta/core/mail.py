"""Messages left for agents, to be fetched when they like; bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from batuta.core.message import Message
from batuta.errors import AgentNotFound, InboxFull


class Mail:
    """One bounded inbox for each registered agent.

    Args:
        names: Gives the names of the agents that exist now.
        inbox_size: Most messages that one inbox holds.
    """

    def __init__(self, names: Callable[[], tuple[str, ...]], inbox_size: int = 100) -> None:
        if inbox_size < 1:
            raise ValueError("inbox_size must be 1 or more.")
        self._names = names
        self._size = inbox_size
        self._inboxes: dict[str, asyncio.Queue[Message]] = {}

    def send(self, name: str, message: Message) -> None:
        """Leave a message.

        Raises:
            AgentNotFound: Nobody has that name.
            InboxFull: It holds as many as it may.
        """
        try:
            self._inbox(name).put_nowait(message)
        except asyncio.QueueFull as error:
            raise InboxFull(name, self._size) from error

    async def receive(self, name: str) -> Message:
        """Wait for the oldest message.

        Raises:
            AgentNotFound: Nobody has that name.
        """
        return await self._inbox(name).get()

    def broadcast(self, message: Message) -> tuple[str, ...]:
        """Leave a message with everybody; gives the names whose inbox was full and missed it."""
        missed: list[str] = []
        for name in self._names():
            try:
                self.send(name, message)
            except InboxFull:
                missed.append(name)
        return tuple(missed)

    def forget(self, name: str) -> None:
        """Drop an agent's inbox and what is in it."""
        self._inboxes.pop(name, None)

    def _inbox(self, name: str) -> asyncio.Queue[Message]:
        if name not in self._names():
            raise AgentNotFound(name, self._names())
        return self._inboxes.setdefault(name, asyncio.Queue(self._size))
