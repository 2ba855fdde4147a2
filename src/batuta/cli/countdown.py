"""When a process that serves others ends: once it was told to stop, and not before."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Coroutine
from typing import Any, Self

GRACE_S = 10.0
_LOG = logging.getLogger(__name__)


class Countdown:
    """Ends the process some seconds after it was told to stop, whatever still holds it up.

    A thread that never ends, or an event loop that somebody blocks, does not keep it from that.
    """

    def __init__(self, grace_s: float = GRACE_S) -> None:
        self._grace_s = grace_s
        self._read, self._write = os.pipe()
        self._begun = False
        self._settled = False
        threading.Thread(target=self._count, name="batuta-countdown", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        """Note that all is kept and closed: nothing is left but what would never end."""
        self._settled = raised[0] is None

    def begin(self) -> None:
        """Begin to count; takes no lock, so that a signal's handler may call it."""
        if not self._begun:
            self._begun = True
            os.write(self._write, b"1")

    def _count(self) -> None:
        os.read(self._read, 1)
        threading.Event().wait(self._grace_s)
        if not self._settled:
            _LOG.error("What was on did not end within %g s and was left behind", self._grace_s)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(0 if self._settled else 1)


def run_to_end(work: Coroutine[Any, Any, None]) -> None:
    """Run what serves others, on through whatever would end the process from inside.

    ``SystemExit`` in a task that an agent or a tool started by itself stops the event loop; the
    task has ended with it, and the loop can go on.
    """
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        main = loop.create_task(work)
        while True:
            try:
                loop.run_until_complete(main)
            except SystemExit as error:
                if main.done():
                    raise
                _LOG.warning("A task called sys.exit(%r); it ended alone", error.code)
            else:
                return
