"""The thread beside the event loop: tells that this process is alive, and hears from others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from dbos import error as dbos_errors
from sqlalchemy.exc import SQLAlchemyError

from batuta.core.clock import Clock, SystemClock
from batuta.errors import ConfigError, StoreBusy

_TICK_S = 0.1


@dataclass(slots=True)
class Round:
    """Something done again and again.

    Args:
        due: In the clock's monotonic seconds.
    """

    every_s: float
    do: Callable[[], None]
    due: float = 0.0


class Heartbeat:
    """Does rounds in a thread of its own; a database that is away is tried again the next time."""

    def __init__(self, *rounds: Round) -> None:
        self._rounds = rounds
        self._over = threading.Event()
        self._clock: Clock = SystemClock()
        self._thread = threading.Thread(target=self._work, name="durable-heartbeat", daemon=True)
        self.trouble = ""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after what is being done."""
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._over.wait(_TICK_S):
            for each in self._rounds:
                now = self._clock.monotonic()
                if now < each.due:
                    continue
                each.due = now + each.every_s
                try:
                    each.do()
                    self.trouble = ""
                except (
                    ConfigError,
                    StoreBusy,
                    dbos_errors.DBOSException,
                    SQLAlchemyError,
                ) as error:
                    self.trouble = str(error)
