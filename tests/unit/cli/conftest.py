from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from batuta.cli.program import program

Batuta = Callable[..., Result]


@pytest.fixture
def batuta(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Batuta:
    """Runs the command line in this process, in a folder of its own at a fixed moment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BATUTA_NOW", "2026-03-02T09:00")
    monkeypatch.setenv("COLUMNS", "80")

    def run(*words: str, said: str = "") -> Result:
        return CliRunner().invoke(program(), words, input=said)

    return run
