"""What waits on one event loop, and says so where it is called on another one."""

from __future__ import annotations

import asyncio
import threading

from batuta.errors import ConfigError


class OneLoop:
    """The event loop that something belongs to: the one it was first called on, until that ends.

    Args:
        what: Names it in the error.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def entered(self) -> bool:
        """Belong to the running loop; True where an earlier one has ended.

        Raises:
            ConfigError: It belongs to another loop, which is running.
        """
        loop = asyncio.get_running_loop()
        if loop is self._loop:
            return False
        with self._lock:
            before = self._loop
            if before is not None and before.is_running():
                raise ConfigError(
                    f"{self._what} is at work on another event loop, in another thread",
                    "Make one for each loop, or hand the call over with "
                    "asyncio.run_coroutine_threadsafe.",
                )
            self._loop = loop
        return before is not None
