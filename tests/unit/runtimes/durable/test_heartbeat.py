"""The thread that tells of this process: nothing that a database does may end it."""

from __future__ import annotations

import threading

import pytest
from dbos import error as dbos_errors
from sqlalchemy.exc import SQLAlchemyError

from batuta.errors import ConfigError, StoreBusy
from batuta.runtimes.durable.heartbeat import Heartbeat, Round
from tests.patience import scaled


@pytest.mark.parametrize(
    "error",
    [
        dbos_errors.DBOSException("no answer"),
        SQLAlchemyError("gone"),
        StoreBusy("Database", 1),
        ConfigError("The database cannot be used", "Mend it."),
    ],
)
def test_a_round_that_fails_is_done_again(error: Exception) -> None:
    done = threading.Event()
    times: list[int] = []

    def beat() -> None:
        times.append(1)
        if len(times) == 1:
            raise error
        done.set()

    heartbeat = Heartbeat(Round(0.0, beat))
    heartbeat.start()
    assert done.wait(scaled(30))
    heartbeat.stop()
