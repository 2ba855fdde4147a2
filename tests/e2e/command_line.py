"""Starts the real command line as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.patience import scaled

ENTRY = [sys.executable, "-c", "from batuta.cli import main; main()"]
NOW = "2026-03-02T09:00"


def surroundings(folder: Path, **more: str) -> dict[str, str]:
    """The process's environment: a home in the folder, a fixed moment, 80 columns."""
    plain = {"BATUTA_HOME": str(folder / "home"), "BATUTA_NOW": NOW, "COLUMNS": "80"}
    return {**os.environ, **plain, **more}


def batuta(
    folder: Path,
    *words: str,
    said: str | bytes = "",
    env: Mapping[str, str] | None = None,
    limit_s: float = 60,
) -> subprocess.CompletedProcess[str]:
    """Run one command in a folder, to its end."""
    done = subprocess.run(
        [*ENTRY, *words],
        check=False,
        input=said.encode() if isinstance(said, str) else said,
        capture_output=True,
        cwd=folder,
        env=surroundings(folder, **(env or {})),
        timeout=scaled(limit_s),
    )
    return subprocess.CompletedProcess(
        done.args,
        done.returncode,
        done.stdout.decode(errors="surrogateescape"),
        done.stderr.decode(errors="surrogateescape"),
    )
