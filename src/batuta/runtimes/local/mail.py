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
        self._waiting: dict[str, int] = {}
        self._inboxes: dict[str, asyncio.Queue[Message | None]] = {}

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
        inbox = self._inbox(name)
        self._waiting[name] = self._waiting.get(name, 0) + 1
        try:
            got = await inbox.get()
        finally:
            if name in self._waiting:
                self._waiting[name] -= 1
        if got is None:
            raise AgentNotFound(name, self._names())
        return got

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
        """Drop an agent's inbox and what is in it; whoever waits for mail hears of it."""
        inbox = self._inboxes.pop(name, None)
        if inbox is None:
            return
        while not inbox.empty():
            inbox.get_nowait()
        for _ in range(self._waiting.pop(name, 0)):
            inbox.put_nowait(None)

    def _inbox(self, name: str) -> asyncio.Queue[Message | None]:
        if name not in self._names():
            raise AgentNotFound(name, self._names())
        return self._inboxes.setdefault(name, asyncio.Queue(self._size))
