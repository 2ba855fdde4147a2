"""Messages left for agents, to be fetched when they like; bounded."""

from __future__ import annotations

import asyncio

from batuta.core.agent import is_remote
from batuta.core.message import Message
from batuta.errors import AgentNotFound, InboxFull, RuntimeFailure
from batuta.runtimes.local.registry import Registry


class Mail:
    """One bounded inbox for each registered agent that lives in this process.

    Mail does not cross processes: for an agent elsewhere it is refused.

    Args:
        agents: Those that exist now.
        inbox_size: Most messages that one inbox holds.
    """

    def __init__(self, agents: Registry, inbox_size: int = 100) -> None:
        if inbox_size < 1:
            raise ValueError("inbox_size must be 1 or more.")
        self._agents = agents
        self._size = inbox_size
        self._waiting: dict[str, int] = {}
        self._inboxes: dict[str, asyncio.Queue[Message | None]] = {}

    def send(self, name: str, message: Message) -> None:
        """Leave a message.

        Raises:
            AgentNotFound: Nobody has that name.
            RuntimeFailure: The agent lives elsewhere.
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
            RuntimeFailure: The agent lives elsewhere.
        """
        inbox = self._inbox(name)
        self._waiting[name] = self._waiting.get(name, 0) + 1
        try:
            got = await inbox.get()
        finally:
            if name in self._waiting:
                self._waiting[name] -= 1
        if got is None:
            raise AgentNotFound(name, self._agents.names())
        return got

    def broadcast(self, message: Message) -> tuple[str, ...]:
        """Leave a message with everybody, and give the names of those who missed it.

        Their inbox was full, or they live elsewhere.
        """
        missed: list[str] = []
        for name in self._agents.names():
            try:
                self.send(name, message)
            except RuntimeFailure:
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
        if is_remote(self._agents.find(name)):
            raise RuntimeFailure(
                name, "lives elsewhere, and mail stays in its process. Call it instead."
            )
        return self._inboxes.setdefault(name, asyncio.Queue(self._size))
