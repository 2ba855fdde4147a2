"""kill -9 at every moment of a booking: the run finishes, once, as if nothing had happened."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]
pytest.importorskip("dbos")

SAME = ("texts", "stops", "calls", "tokens", "cost", "history", "state", "bookings")
STYLES = ("a", "b", "d", "e", "f")
OF_OUTCOMES = ("outcome unknown", "outcome resolved by its key")


def told(style: str, folder: Path) -> dict[int, dict[str, Any]]:
    """Every case of a style, by the number of the moment of its kill; 0 is the one without."""
    command = [sys.executable, "-m", "tests.e2e.durable_house", style, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    cases = [json.loads(line) for line in done.stdout.splitlines()]
    return {made.pop("case"): made for made in cases}


def real(case: dict[str, Any]) -> list[str]:
    return sorted(line for line in case["log"] if line.startswith("real "))


def events(case: dict[str, Any]) -> list[Any]:
    return [[e for e in run if e[3] not in OF_OUTCOMES] for run in case["events"]]


@pytest.mark.parametrize("style", STYLES)
def test_a_run_killed_anywhere_ends_as_if_it_had_not_been(style: str, tmp_path: Path) -> None:
    cases = told(style, tmp_path)
    plain = cases.pop(0)

    assert plain["stops"] == ["done"] * len(plain["texts"])
    assert len(plain["bookings"]) == 1
    assert sorted(cases) == list(range(1, plain["moments"] + 1))
    for case in cases.values():
        [killed] = [line for line in case["log"] if line.startswith("killed ")]
        assert "failed" not in case, (killed, case["failed"])
        assert {k: case[k] for k in SAME} == {k: plain[k] for k in SAME}, killed
        assert events(case) == events(plain), killed
        # What was done and not yet recorded is done once more; nothing else is.
        again = 1 if killed.startswith("killed done") else 0
        assert len(real(case)) == len(real(plain)) + again, killed
        assert set(real(case)) == set(real(plain)), killed
        # Of an effect that was begun and not recorded, the trace tells what is known of it.
        inside = killed in {"killed before the effect of book", "killed done Use book"}
        told_of = [e[3] for run in case["events"] for e in run if e[3] in OF_OUTCOMES]
        assert told_of == (list(OF_OUTCOMES) if inside else []), killed
