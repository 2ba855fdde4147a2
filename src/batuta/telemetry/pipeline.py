"""Hands what has ended to a receiver in a thread of its own: no run ever waits for it."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Collection, Sequence
from typing import Protocol

from batuta.core.budget import Budget
from batuta.core.clock import machine_ns
from batuta.core.custom import OwnMeasure, OwnSpan
from batuta.core.record import RunRecord
from batuta.core.redaction import redacted_text
from batuta.core.runtime import OpenRun
from batuta.telemetry.span_tree import EndedRun, RunSoFar

_LOG = logging.getLogger(__name__)
_BILLION = 1_000_000_000
LONG_S = 10.0
"""A run that takes longer is told of as its parts end."""
_NOBODY: Collection[OpenRun] = ()


Told = EndedRun | RunSoFar | OwnSpan | OwnMeasure
"""What is told: runs that have ended, long ones before, and what was told outside of any."""


class Receiver(Protocol):
    """Takes what is told, in the pipeline's thread, where it may block."""

    name: str

    def take(self, told: Sequence[Told]) -> str:
        """Take some, and say what went wrong; empty where nothing did."""
        ...

    def flush(self, timeout_s: float) -> None:
        """Send what it has taken and not sent yet, for so long at most."""
        ...


class Telemetry:
    """An ``Observer`` that leaves each ended run to some pipelines.

    Args:
        open_runs: Filled by runtimes with the runs that are on; the pipelines look into it.
    """

    def __init__(
        self, pipelines: Sequence[Pipeline], open_runs: set[OpenRun] | None = None
    ) -> None:
        self.pipelines = tuple(pipelines)
        self.open_runs = set[OpenRun]() if open_runs is None else open_runs

    def __call__(self, record: RunRecord, budget: Budget) -> None:
        """See ``Observer``."""
        ended = EndedRun(record, budget, machine_ns())
        for pipeline in self.pipelines:
            pipeline.put(ended)

    def put(self, own: OwnSpan | OwnMeasure) -> None:
        """See ``OwnListener``."""
        for pipeline in self.pipelines:
            pipeline.put(own)

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that has ended is told, or for so long in all; says which."""
        until = machine_ns() + int(timeout_s * _BILLION)
        for pipeline in self.pipelines:
            pipeline.wake()
        told = [pipeline.flush(_left_s(until)) for pipeline in self.pipelines]
        return all(told)


class Pipeline:
    """A queue with a limit, and the thread that empties it.

    What goes wrong is warned of once, until it works again. A queue that is full drops what comes,
    and counts it. The thread is a daemon: the interpreter's end does not wait for it.

    Args:
        most_queued: Most runs that wait.
        at_once: So many that wait are taken at once, without waiting longer.
        delay_s: Longest that one waits otherwise.
        open_runs: Runs that are on; those that take long are told of while they are.
        long_s: How long that is.
    """

    def __init__(
        self,
        receiver: Receiver,
        *,
        most_queued: int,
        at_once: int,
        delay_s: float,
        open_runs: Collection[OpenRun] = _NOBODY,
        long_s: float = LONG_S,
    ) -> None:
        self.receiver = receiver
        self._open, self._long_s, self._looked_ns = open_runs, long_s, machine_ns()
        self.dropped = self.lost = 0
        self._queue: deque[Told] = deque()
        self._most, self._at_once, self._delay_s = most_queued, at_once, delay_s
        self._wake, self._emptied = threading.Event(), threading.Condition()
        self._failing = self._warned_full = self._busy = False
        self._closed = False
        name = f"batuta {receiver.name}"
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def put(self, told: Told) -> None:
        """Leave what is told; called on the event loop, so it does next to nothing."""
        queue = self._queue
        if len(queue) >= self._most:
            self.dropped += 1
            self._wake.set()
            return
        queue.append(told)
        if len(queue) == self._at_once:
            self._wake.set()

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was left has been taken and sent, or for so long; says which."""
        until = machine_ns() + int(timeout_s * _BILLION)
        self._wake.set()
        with self._emptied:
            if not self._emptied.wait_for(lambda: not (self._queue or self._busy), timeout_s):
                return False
        self.receiver.flush(_left_s(until))
        return True

    def wake(self) -> None:
        """Let the thread begin with what was left, without waiting for more."""
        self._wake.set()

    def give_up(self) -> None:
        """Say that what is left is lost, unless that was said before: the process ends."""
        left = len(self._queue) + self._busy
        if left and not self._failing:
            _LOG.warning("Telemetry does not reach %s in time, and is lost", self.receiver.name)

    def close(self) -> None:
        """Let the thread end once it has taken what was left."""
        self._closed = True
        self._wake.set()

    def _work(self) -> None:
        while not (self._closed and not self._queue):
            self._wake.wait(self._delay_s)
            self._wake.clear()
            while self._queue:
                self._busy = True  # before anything is out of the queue: flush looks at both
                self._take([self._queue.popleft() for _ in range(self._size())])
            if self._open and machine_ns() - self._looked_ns >= self._delay_s * _BILLION:
                self._look()

    def _look(self) -> None:
        """Tell of runs that take long; a set is copied in one step of the interpreter."""
        self._looked_ns = machine_ns()
        so_far = [each.so_far() for each in list(self._open)]
        long = [
            RunSoFar(EndedRun(record, budget, machine_ns()))
            for record, budget in so_far
            if record.seconds >= self._long_s
        ]
        if long:
            self._busy = True
            self._take(long)

    def _size(self) -> int:
        return min(len(self._queue), self._at_once)

    def _take(self, some: Sequence[Told]) -> None:
        try:
            wrong = self.receiver.take(some)
        except Exception as error:  # whatever a receiver does, runs go on and are told of later
            wrong = redacted_text(error)
        if wrong:
            self.lost += len(some)
        self._tell(wrong)
        with self._emptied:
            self._busy = False
            self._emptied.notify_all()

    def _tell(self, wrong: str) -> None:
        name = self.receiver.name
        if wrong and not self._failing:
            _LOG.warning("Telemetry does not reach %s, and is lost: %s", name, wrong)
        if not wrong and self._failing:
            _LOG.warning("Telemetry reaches %s again; %s runs are lost", name, self.lost)
        self._failing = bool(wrong)
        if self.dropped and not self._warned_full:
            self._warned_full = True
            _LOG.warning("Too many runs wait for %s: some are dropped", name)


def _left_s(until_ns: int) -> float:
    return max(0, until_ns - machine_ns()) / _BILLION
