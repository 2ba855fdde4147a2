"""Environments of frameworks that cannot live beside the newest of what the others want.

``python -m tests.loops_apart`` makes them in ``.tools``, and belongs to the set-up.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = ROOT / "scripts" / "uv.sh"
APART = ("adk", "strands")
"""Their extras; pyproject.toml says what each stands in the way of."""


def python_of(extra: str) -> Path:
    """Give the interpreter of a framework's environment, made or not."""
    return ROOT / ".tools" / f"loops-{extra}" / "bin" / "python"


def make(extra: str) -> int:
    """Make one from the lock, or bring it up to date; gives how uv ended."""
    folder = python_of(extra).parents[1]
    words = ("--no-default-groups", "--group", "tests-alone", "--extra", extra)
    return subprocess.run(
        [UV, "sync", "--frozen", "--quiet", *words],
        check=False,
        cwd=ROOT,
        env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(folder), "UV_LINK_MODE": "hardlink"},
    ).returncode


if __name__ == "__main__":
    sys.exit(max(make(extra) for extra in APART))
