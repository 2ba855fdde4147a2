"""``batuta compare`` as a process: killed and started again, and with services of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import lab_app
from tests.e2e.command_line import ENTRY, batuta, surroundings
from tests.patience import scaled

ROOT = str(Path(__file__).parents[2])
PLACE = {"PYTHONPATH": ROOT}
FAULTS = ("process-kill", "process-exit", "tool-error")
WORDS = ("compare", lab_app.NAME, "--styles", "saver", "--repeat", "2", "--jobs", "1")


def sure(folder: Path) -> str:
    """Give what of a report is the same for the same seed."""
    text = (folder / "comparison" / "report.json").read_text(encoding="utf-8")
    return text.partition(' "measured": {')[0]


def lines(journal: Path) -> list[dict[str, Any]]:
    """Give the whole lines of a journal, of which the first names the plan."""
    if not journal.exists():
        return []
    return [json.loads(line) for line in journal.read_text().split("\n")[:-1]]


def test_killed_and_started_again_it_gives_the_same(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder in (whole, cut):
        (folder / "home").mkdir(parents=True)
    done = batuta(whole, *WORDS, env=PLACE)
    assert done.returncode == 0, done.stderr
    assert "10 samples" in done.stderr
    assert {path.name for path in (whole / "comparison").iterdir()} == {
        *("report.json", "report.md", "report.html", "samples.csv")
    }

    (cut / "home" / "hold").touch()
    process = subprocess.Popen(
        [*ENTRY, *WORDS],
        cwd=cut,
        env=surroundings(cut, **PLACE),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    journal = cut / "comparison" / "journal.jsonl"
    try:
        until = time.monotonic() + scaled(60)
        while len(lines(journal)) < 5 and time.monotonic() < until:
            assert process.poll() is None
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    kept = lines(journal)[1:]
    assert [row["scenario"] for row in kept] == ["dune", "dune", "emma", "emma"]

    (cut / "home" / "hold").unlink()
    again = batuta(cut, *WORDS, env=PLACE)
    assert again.returncode == 0, again.stderr
    assert "goes on from 4" in again.stderr
    assert sure(cut) == sure(whole)
    report = json.loads((cut / "comparison" / "report.json").read_text())
    times = [[row["cpu_seconds"], row["seconds"]] for row in kept]
    assert report["measured"]["times"][:4] == times
    # The first sample's process did nothing before it, and that is kept with it.
    assert report["measured"]["cold_starts_s"] == [kept[0]["cold_start_s"]]
    assert not journal.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="services are placed on POSIX")
def test_services_live_in_processes_of_their_own_and_one_that_is_killed_is_back_for_the_next(
    tmp_path: Path,
) -> None:
    done = batuta(
        tmp_path,
        *("compare", "--styles", "c", "--faults", f"none,{','.join(FAULTS)}", "--repeat", "1"),
        *("--only", "tomorrow at three,next saturday morning", "--jobs", "1"),
        limit_s=180,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "comparison" / "report.json").read_text())
    ended = [(row["fault"], row["ended"]) for row in report["samples"]]
    assert [fault for fault, _ in ended] == ["", *FAULTS] * 2
    assert [how for fault, how in ended if not fault] == ["succeeded"] * 2
    # One that its keeper has back before the call goes out is met by nobody.
    assert {how for fault, how in ended if fault in FAULTS[:2]} <= {"failed_clearly", "succeeded"}
    # Those of tools reach into the processes, and strike once in all of them.
    assert [how for fault, how in ended if fault == "tool-error"] == ["failed_clearly"] * 2
    assert all(row["struck"] == [row["fault"]] for row in report["samples"] if row["fault"])
    failed = [row for row in report["samples"] if row["fault"] in FAULTS[:2] and row["reason"]]
    assert all("cannot be reached" in row["reason"] for row in failed)
    assert all(row["wrong_bookings"] == 0 for row in report["samples"])
