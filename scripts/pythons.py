"""Run the unit tests on the oldest and the newest Python of this machine that we support.

The Python of ``.venv`` is left to ``make test``; any other has an environment of its own in
``.tools``. Each test runs under a moved clock, as this is its second time: where there is but one
Python, on that. ``--only-install`` makes the environments; other words go to pytest.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UV = str(ROOT / "scripts" / "uv.sh")
SUPPORTED = range(11, 15)
# Debian's python3-minimal, for one, lacks ssl and sqlite3.
TELL = "import platform as p, sqlite3, ssl; print(p.python_implementation(), p.python_version())"


def run(*words: str, **environment: str) -> int:
    """Run a program in front of whoever reads along; gives how it ended."""
    sys.stdout.flush()
    there = {**os.environ, **environment}
    return subprocess.run(words, cwd=ROOT, env=there, check=False).returncode  # noqa: S603


def output(*words: str) -> str:
    """Give what a program says; nothing where it cannot be run."""
    try:
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout  # noqa: S603
    except OSError:
        return ""


def candidates() -> Iterator[str]:
    """Give what may be interpreters: on PATH, with pyenv, whose shims hide them, and uv's own."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for minor in SUPPORTED:
        for folder in os.get_exec_path():
            yield str(Path(folder, f"python3.{minor}"))
        yield from sorted(map(str, versions.glob(f"3.{minor}.*/bin/python")), reverse=True)
    listed = output(UV, "python", "list", "--only-installed", "--offline")
    yield from re.findall(r"^cpython-\S+ +(\S+)", listed, re.MULTILINE)


def minor_of(python: str) -> int | None:
    """Ask an interpreter which 3.x it is; None for one that is broken or none of ours."""
    told = re.match(r"CPython 3\.(\d+)\.", output(python, "-c", TELL))
    return int(told[1]) if told and int(told[1]) in SUPPORTED else None


def found() -> dict[int, str]:
    """Give the first interpreter of each version."""
    made: dict[int, str] = {}
    for python in candidates():
        minor = minor_of(python)
        if minor is not None:
            made.setdefault(minor, python)
    return made


def environment(minor: int) -> Path:
    """Give the folder of a version's environment, made or not."""
    here = sys.version_info.minor
    return Path(sys.prefix) if minor == here else ROOT / ".tools" / f"python-3.{minor}"


def installed(minor: int, python: str) -> int:
    """Make the version's environment, or bring it up to date; gives how uv ended."""
    # Only these runs see the files, which nobody changes: links spare the copy of a gigabyte.
    own = {"UV_PROJECT_ENVIRONMENT": str(environment(minor)), "UV_PYTHON": python}
    extras = ("--all-extras", "--no-extra", "strands", "--no-extra", "adk")
    return run(UV, "sync", "--frozen", *extras, "--quiet", **own, UV_LINK_MODE="hardlink")


def tested(minor: int, words: list[str]) -> int:
    """Run the unit tests in the version's environment."""
    python = str(environment(minor) / "bin" / "python")
    moved = ("-p", "no:cacheprovider", "--clock-at", "spread")
    return run(python, "-m", "pytest", "-q", *moved, *words, "tests/unit")


def main(words: list[str]) -> int:
    """Say which Pythons there are, and run the tests on them."""
    here = sys.version_info.minor
    pythons = {**found(), here: sys.executable}
    chosen = {min(pythons), max(pythons)}
    there = ", ".join(f"3.{minor}" for minor in sorted(pythons))
    sys.stdout.write(f"Pythons of this machine: {there}; .venv has 3.{here}\n")
    failed = 0
    for minor in sorted(chosen - {here}):
        failed = installed(minor, pythons[minor]) or failed
    if failed or "--only-install" in words:
        return failed
    for minor in sorted(chosen - {here} or chosen):
        sys.stdout.write(f"Unit tests on Python 3.{minor}, under moved clocks\n")
        failed = tested(minor, words) or failed
    return failed


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
