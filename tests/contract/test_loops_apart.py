"""Frameworks that cannot live beside the others pass the same contract, each in its environment."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.contract.loops import HERE, LOOPS
from tests.loops_apart import APART, ROOT, python_of
from tests.patience import scaled

SUITES = sorted(str(file.relative_to(ROOT)) for file in ROOT.glob("tests/contract/test_loop_*.py"))
CASES = 40  # at least; fewer would mean that they were not found


def test_every_framework_is_tried_here_or_apart() -> None:
    assert {*HERE, *APART} == set(LOOPS)


@pytest.mark.parametrize("extra", APART)
@pytest.mark.timeout(600)
def test_a_loop_keeps_the_contract_in_its_own_environment(extra: str) -> None:
    python = python_of(extra)
    assert python.exists(), "make fetch makes it"
    words = ("-q", "-p", "no:cacheprovider", "-k", extra.replace("-", "_"))
    done = subprocess.run(
        [python, "-m", "pytest", *words, *SUITES],
        capture_output=True,
        text=True,
        check=False,
        timeout=scaled(400),
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout[-8000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert int(passed[1] if passed else 0) >= CASES, done.stdout[-2000:]
    assert "skipped" not in done.stdout


@pytest.mark.parametrize("extra", APART)
@pytest.mark.timeout(300)
def test_its_types_are_checked_where_its_library_is(extra: str) -> None:
    room = ROOT / "src" / "batuta" / "frameworks" / extra.replace("-", "_")
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--pythonpath", python_of(extra), *room.glob("*.py")],
        capture_output=True,
        text=True,
        check=False,
        timeout=scaled(200),
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout
