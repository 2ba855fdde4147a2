"""The examples, each as its user runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def run_example(name: str, *words: str) -> str:
    command = [sys.executable, str(EXAMPLES / name), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("style", ["a", "b", "d", "e", "f"])
def test_an_app_of_somebody_else_lends_the_chosen_copy(style: str) -> None:
    said = run_example(
        "library.py", style, "Have you got Dune?", "the second one", "Have you got Dune?"
    )
    offered, lent, left = said.split("> ")[1:]

    assert "A3" in offered
    assert "B1" in offered
    assert "c-2" in lent
    assert "A3" in left
    assert "B1" not in left


def test_the_app_is_short_and_imports_public_names_only() -> None:
    source = (EXAMPLES / "library.py").read_text()
    code = [line for line in source.splitlines() if line.strip() and "from" not in line]

    assert len(code) < 80
    assert "batuta." not in source.replace("from batuta import", "")
