"""What a version left that was rolled back is seen, and done once that version is back."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.command_line import ENTRY, surroundings
from tests.e2e.test_durable_processes import ASK, ASKING, do, environment, seen, states, until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(240)]
GROWN = "tests.e2e.grown_app:app"
NEXT = "tests.e2e.next_version_app:app"
OTHER_VERSION = "recorded by version 2 of durable runs, and this is 1"


@pytest.fixture(params=["sqlite", "postgresql"], name="where")
def place(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return "sqlite"
    return request.getfixturevalue("postgres").database()


class Worker:
    """A worker beside the test, and what it says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[str] = []
        self._hearing = threading.Thread(target=self._hear, daemon=True)
        self._hearing.start()

    def says(self, words: str) -> bool:
        return words in "".join(self.said)

    def kill(self) -> None:
        """Kill it; again does nothing."""
        self.process.kill()
        self.process.wait()
        self._hearing.join()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _hear(self) -> None:
        assert self.process.stdout is not None
        self.said.extend(iter(self.process.stdout.readline, ""))


@contextmanager
def worker(folder: Path, where: str, slot: str, app: str) -> Iterator[Worker]:
    """Have a worker that is ready, killed at the end."""
    running = Worker(
        subprocess.Popen(
            [*ENTRY, "worker", "--slot", slot, app],
            cwd=folder,
            env=surroundings(folder, **environment(where)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    )
    try:
        until(lambda: running.says(f"Worker {slot}"))
        yield running
    finally:
        running.kill()


def leave(folder: Path, where: str, app: str, style: str = "d") -> str:
    (folder / "work.txt").write_text(f"{ASK}\n")
    [run_id] = do(
        folder, where, "batch", "work.txt", "--app", app, "--style", style, "--detach"
    ).split()
    return run_id


def finish(folder: Path, where: str, run_id: str) -> None:
    """Answer the run's question, and see that it books."""
    until(lambda: states(folder, where) == ["waiting"])
    do(folder, where, "runs", "answer", run_id, "yes")
    until(lambda: states(folder, where) == ["done"])
    assert "answer: Done: Court A" in do(folder, where, "runs", "show", run_id)


def test_work_queued_under_another_version_is_told_of_and_done_by_that(
    tmp_path: Path, where: str
) -> None:
    run_id = leave(tmp_path, where, NEXT)
    with worker(tmp_path, where, "w1", ASKING) as back:
        until(lambda: back.says(f"Run {run_id} waits for another worker: {OTHER_VERSION}"))
        [run] = seen(tmp_path, where)
        assert (run.state, run.note) == ("queued", OTHER_VERSION)
        assert "recorded by version 2" in do(tmp_path, where, "runs")
        told = json.loads(do(tmp_path, where, "doctor", "--json"))["checks"]
        assert "1 wait for another version" in {each["found"] for each in told}
    with worker(tmp_path, where, "w2", NEXT):
        finish(tmp_path, where, run_id)


@pytest.mark.parametrize("where", ["postgresql"], indirect=True)
def test_work_that_another_version_had_begun_is_not_lost_when_its_worker_is_taken_over(
    tmp_path: Path, where: str
) -> None:
    run_id = leave(tmp_path, where, NEXT)
    with worker(tmp_path, where, "w1", NEXT) as later:
        until(lambda: states(tmp_path, where) == ["waiting"])
        later.kill()
        with worker(tmp_path, where, "w2", ASKING) as back:
            until(lambda: back.says(OTHER_VERSION))
            [run] = seen(tmp_path, where)
            assert (run.slot, run.note) == ("w1", OTHER_VERSION)
    with worker(tmp_path, where, "w3", NEXT):
        finish(tmp_path, where, run_id)


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_a_cancelled_run_of_another_version_is_nobody_s_any_more(
    tmp_path: Path, where: str
) -> None:
    run_id = leave(tmp_path, where, NEXT)
    do(tmp_path, where, "runs", "cancel", run_id)
    assert [(run.state, run.note) for run in seen(tmp_path, where)] == [("cancelled", "")]
    told = json.loads(do(tmp_path, where, "doctor", "--json"))["checks"]
    assert "none waits for another version" in {each["found"] for each in told}


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_work_for_what_the_rolled_back_app_lacks_is_told_of_and_done_once_it_is_back(
    tmp_path: Path, where: str
) -> None:
    run_id = leave(tmp_path, where, GROWN, "later")
    with worker(tmp_path, where, "w1", ASKING) as back:
        until(lambda: back.says(f"Run {run_id} waits for another worker:"))
        until(lambda: states(tmp_path, where) == ["interrupted"])
        [run] = seen(tmp_path, where)
        assert "later" in run.note
    with worker(tmp_path, where, "w1", GROWN):
        finish(tmp_path, where, run_id)
