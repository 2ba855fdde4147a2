"""Durable runs over several processes: people, workers, batches, and a database that goes away."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from batuta.errors import StoreBusy
from batuta.runtimes.durable import Overview, Seen, Store
from tests.e2e.command_line import ENTRY, batuta, surroundings
from tests.patience import scaled
from tests.postgres import Postgres, started

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(240)]
ASK = "Book a court tomorrow at 3pm"
ASKING = "tests.e2e.asking_app:app"
SLOW = "tests.e2e.slow_club:app"
ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0


def environment(where: str) -> dict[str, str]:
    return {"BATUTA_DURABLE": where, "PYTHONPATH": str(ROOT)}


@contextmanager
def process(folder: Path, where: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A command that runs beside the test, killed at its end."""
    running = subprocess.Popen(
        [*ENTRY, *words],
        cwd=folder,
        env=surroundings(folder, **environment(where)),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


@contextmanager
def worker(folder: Path, where: str, slot: str, *more: str) -> Iterator[subprocess.Popen[str]]:
    words = ("worker", "--slot", slot, *more)
    with process(folder, where, *words) as running:
        assert running.stdout is not None
        assert f"Worker {slot}" in running.stdout.readline()
        yield running


def do(folder: Path, where: str, *words: str) -> str:
    done = batuta(folder, *words, env=environment(where))
    assert done.returncode == 0, done.stderr
    return done.stdout


def seen(folder: Path, where: str) -> list[Seen]:
    place = folder / "home" / "durable.db" if where == "sqlite" else where
    store = Store(place)
    if not store.has_runs():
        store.close()
        return []
    with Overview(store, "local") as overview:
        return overview.runs()


def at_work(folder: Path, where: str) -> list[tuple[str, str]]:
    with Overview(Store(where), "local") as overview:
        return [(s.slot, s.state) for s in overview.runs(200, only_open=True)]


def until(there: Callable[[], bool]) -> None:
    """Look again and again until it is so."""
    over = time.monotonic() + scaled(PATIENCE_S)
    while not there():
        assert time.monotonic() < over, "it never came to be"
        time.sleep(0.05)


def states(folder: Path, where: str) -> list[str]:
    try:
        return [each.state for each in seen(folder, where)]
    except StoreBusy:  # whoever looks on looks again
        return []


def test_a_question_survives_kill_9_and_is_answered_from_elsewhere(tmp_path: Path) -> None:
    with process(
        tmp_path, "sqlite", "chat", "--app", ASKING, "--style", "e", "--message", ASK
    ) as chat:
        until(lambda: states(tmp_path, "sqlite") == ["waiting"])
        chat.kill()
        chat.wait()
    [run] = seen(tmp_path, "sqlite")
    assert (run.state, run.place, run.question) == ("interrupted", "e", ASK)
    assert run.waits_for == "owner: May local have 2026-03-03T15:00/A?"
    [listed] = json.loads(do(tmp_path, "sqlite", "runs", "--json"))
    assert (listed["run_id"], listed["state"]) == (run.run_id, "interrupted")

    do(tmp_path, "sqlite", "runs", "answer", run.run_id, "yes")
    told = do(tmp_path, "sqlite", "runs", "resume", run.run_id, "--app", ASKING)
    assert "answer: Done: Court A" in told
    [record] = json.loads(do(tmp_path, "sqlite", "runs", "--json"))
    assert (record["run_id"], record["stop_reason"]) == (run.run_id, "done")
    assert (set(listed), record["state"]) == (set(record), "ended")
    booked = json.loads(do(tmp_path, "sqlite", "tennis", "bookings", "--json"))
    assert [each["slot_id"] for each in booked] == ["2026-03-03T15:00/A"]


def test_a_no_books_nothing_and_a_cancelled_run_ends_where_it_is(tmp_path: Path) -> None:
    def chat() -> tuple[str, ...]:
        return ("chat", "--app", ASKING, "--style", "d", "--message", ASK)

    with process(tmp_path, "sqlite", *chat()) as first:
        until(lambda: states(tmp_path, "sqlite") == ["waiting"])
        [run] = seen(tmp_path, "sqlite")
        do(tmp_path, "sqlite", "runs", "answer", run.run_id, "No, it is mine.")
        first.wait(scaled(PATIENCE_S))
    with process(tmp_path, "sqlite", *chat()) as second:
        until(lambda: states(tmp_path, "sqlite")[:1] == ["waiting"])
        [other, _] = seen(tmp_path, "sqlite")
        do(tmp_path, "sqlite", "runs", "cancel", other.run_id)
        second.wait(scaled(PATIENCE_S))
    assert "cancelled" in do(tmp_path, "sqlite", "runs", "show", other.run_id)
    assert json.loads(do(tmp_path, "sqlite", "tennis", "bookings", "--json")) == []


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_worker_that_dies_is_taken_over_by_another(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    where = database
    if database == "postgresql":
        where = request.getfixturevalue("postgres").database()
    (tmp_path / "work.txt").write_text(f"{ASK}\n")
    with worker(tmp_path, where, "w1", ASKING) as first:
        ask = ("batch", "work.txt", "--app", ASKING, "--style", "d", "--detach")
        [run_id] = do(tmp_path, where, *ask).split()
        until(lambda: [(s.state, s.slot) for s in seen(tmp_path, where)] == [("waiting", "w1")])
        with worker(tmp_path, where, "w2", ASKING):
            first.kill()
            until(lambda: [(s.state, s.slot) for s in seen(tmp_path, where)] == [("waiting", "w2")])
            do(tmp_path, where, "runs", "answer", run_id, "yes")
            until(lambda: states(tmp_path, where) == ["done"])
    assert "answer: Done: Court A" in do(tmp_path, where, "runs", "show", run_id)


def test_a_worker_that_comes_back_goes_on_with_its_own(tmp_path: Path) -> None:
    (tmp_path / "work.txt").write_text(f"{ASK}\n")
    with worker(tmp_path, "sqlite", "w1", ASKING) as first:
        ask = ("batch", "work.txt", "--app", ASKING, "--style", "e", "--detach")
        [run_id] = do(tmp_path, "sqlite", *ask).split()
        until(lambda: states(tmp_path, "sqlite") == ["waiting"])
        first.kill()
        first.wait()
    do(tmp_path, "sqlite", "runs", "answer", run_id, "yes")
    with worker(tmp_path, "sqlite", "w1", ASKING):
        until(lambda: states(tmp_path, "sqlite") == ["done"])
    assert "answer: Done: Court A" in do(tmp_path, "sqlite", "runs", "show", run_id)


def test_a_batch_of_100_ends_with_100_results_though_a_worker_is_killed(
    tmp_path: Path, postgres: Postgres
) -> None:
    where = postgres.database()
    days = [f"Is a court free on {day} March 2026 at {hour}:00?" for day in range(3, 13)
            for hour in range(8, 18)]  # fmt: skip
    (tmp_path / "work.txt").write_text("\n".join(days))
    ask = ("batch", "work.txt", "--app", SLOW, "--style", "a")
    with (  # a model that takes its time: a worker is seen at work
        worker(tmp_path, where, "w1", SLOW, "--at-once", "4") as first,
        worker(tmp_path, where, "w2", SLOW, "--at-once", "4"),
        process(tmp_path, where, *ask) as batch,
    ):
        assert batch.stdout is not None
        lines = [batch.stdout.readline() for _ in range(30)]
        until(lambda: ("w1", "running") in at_work(tmp_path, where))
        first.kill()
        lines += batch.stdout.readlines()
        assert batch.wait(scaled(PATIENCE_S)) == 0
    told = [json.loads(line) for line in lines]
    assert [each["said"] for each in told] == days
    assert all(each["reply"] for each in told)
    assert len({each["run_id"] for each in told}) == 100


def test_a_database_that_goes_away_is_waited_for(tmp_path: Path, postgres: Postgres) -> None:
    with started() as own:
        where = own.database()
        (tmp_path / "work.txt").write_text(f"{ASK}\n")
        with worker(tmp_path, where, "w1", ASKING) as running:
            ask = ("batch", "work.txt", "--app", ASKING, "--style", "d", "--detach")
            [run_id] = do(tmp_path, where, *ask).split()
            until(lambda: states(tmp_path, where) == ["waiting"])
            own.stop()
            own.start()
            do(tmp_path, where, "runs", "answer", run_id, "yes")
            until(lambda: states(tmp_path, where) == ["done"])
            assert running.poll() is None
        assert "answer: Done: Court A" in do(tmp_path, where, "runs", "show", run_id)
