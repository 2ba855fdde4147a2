"""What reads a clock runs a second time, at the moments that ``tests/clocks.py`` tells of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from tests.clocks import MOMENTS
from tests.shape.sources import ROOT

CONFTEST = """
from pathlib import Path
from tests import clocks
from tests.clocks import (
    pytest_addoption, pytest_configure, pytest_fixture_setup, pytest_runtest_logreport,
    pytest_runtest_makereport, pytest_runtest_protocol, pytest_terminal_summary, pytest_unconfigure,
)
clocks._UNIT = Path(__file__).parent / "unit"
clocks.QUICK_S = float("inf")  # however slow the machine is
clocks.SLOW_S = float("{slow_s}")
"""
INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
SUITE = """
import json
from datetime import timedelta
from pathlib import Path
import pytest
from batuta.core.clock import SystemClock, machine_time
from tests.clocks import _CLOCKS, moment

def note(number, at):
    with Path("seen").open("a") as seen:
        seen.write(json.dumps([__file__, number, at]) + "\\n")

def moved_to(config):
    to = config.stash[_CLOCKS].moved_to
    wanted = moment(to) if to else machine_time()
    assert abs(SystemClock().now() - wanted) < timedelta(hours=1)
    return to

@pytest.fixture(scope="module")
def began(pytestconfig):
    return moved_to(pytestconfig)

@pytest.mark.parametrize("number", range(8))
def test_reads(number, began, pytestconfig):
    assert moved_to(pytestconfig) == began, "what tests share is made at their moment"
    note(number, began)

def test_reads_none():
    note("none", "none")
"""
FILES = ("unit/tennis/test_club.py", "unit/core/test_core.py", "e2e/test_door.py")
Seen = Mapping[str, Mapping[object, list[str]]]


def run(folder: Path, *words: str, slow_s: str = "inf") -> Seen:
    """Run the suite; gives for each file and test the moments that it met, in order."""
    folder.joinpath("conftest.py").write_text(CONFTEST.replace("{slow_s}", slow_s))
    folder.joinpath("pytest.ini").write_text(INI)
    for file in FILES:
        folder.joinpath(file).parent.mkdir(parents=True)
        folder.joinpath(file).write_text(SUITE)
    ours = ("TESTS_CLOCK", "PYTEST_")
    kept = {name: each for name, each in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--import-mode=importlib", *words],
        cwd=folder, env={**kept, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    seen: dict[str, dict[object, list[str]]] = defaultdict(lambda: defaultdict(list))
    for line in folder.joinpath("seen").read_text().splitlines():
        file, number, at = json.loads(line)
        seen[Path(file).relative_to(folder).as_posix()][number].append(at)
    return seen


def test_what_reads_runs_again_at_one_moment_and_dated_units_at_each(tmp_path: Path) -> None:
    seen = run(tmp_path, "--moved-clock", "--units-were-moved")

    dated, unit, door = (seen[file] for file in FILES)
    assert [dated[number] for number in range(8)] == [["", *MOMENTS]] * 8
    assert [unit[number] for number in range(8)] == [[""]] * 8
    assert [each[0] for number, each in door.items() if number != "none"] == [""] * 8
    again = [each[1:] for number, each in door.items() if number != "none"]
    assert {len(each) for each in again} == {1}
    assert {to for each in again for to in each} <= set(MOMENTS)
    assert len({to for each in again for to in each}) > 1
    assert {tuple(each["none"]) for each in seen.values()} == {("none",)}


def test_of_slow_variants_one_runs_again(tmp_path: Path) -> None:
    seen = run(tmp_path, "--moved-clock", slow_s="-1")

    for tests in seen.values():
        variants = [tests[number] for number in range(8)]
        assert [each[0] for each in variants] == [""] * 8
        assert len([each for each in variants if each[1:]]) == 1
        assert {to for each in variants for to in each[1:]} <= set(MOMENTS)


def test_units_run_at_one_moment_each_beside_the_newest_python(tmp_path: Path) -> None:
    seen = run(tmp_path, "--clock-at", "spread")

    met = [each for tests in seen.values() for number, each in tests.items() if number != "none"]
    assert {len(each) for each in met} == {1}
    assert {to for each in met for to in each} == set(MOMENTS)
