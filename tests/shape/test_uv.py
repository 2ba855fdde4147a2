"""One uv: what sets up fills the cache that packages are made from, and versions share no cache."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

from uv import find_uv_bin

from tests.shape.sources import ROOT

LOCK = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))
[LOCKED] = [each["version"] for each in LOCK["package"] if each["name"] == "uv"]
PLACES = (".ci", "deploy", "scripts", "Makefile")
PINNED = re.compile(r"""\buv\s*[=<>~!]=\s*\d|astral\.sh/uv/\d""")


def version(said: str) -> str:
    return said.removeprefix("uv ").split()[0]


def uv_named(folder: Path, says: str) -> Path:
    """Make a uv that tells its version and does nothing."""
    folder.mkdir()
    program = folder / "uv"
    program.write_text(f'#!/bin/sh\necho "uv {says} (somewhere)"\n')
    program.chmod(0o755)
    return folder


def bootstrap(root: Path, *path: Path) -> str:
    """Run a copy of the script in a project that locks uv 7.8.9; gives what its uv said."""
    (root / "scripts").mkdir(parents=True)
    script = shutil.copy(ROOT / "scripts" / "uv.sh", root / "scripts")
    (root / "uv.lock").write_text('[[package]]\nname = "uv"\nversion = "7.8.9"\n')
    found = os.pathsep.join([*map(str, path), os.environ["PATH"]])
    done = subprocess.run(
        [script, "--version"], env={**os.environ, "PATH": found}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return version(done.stdout)


def test_the_environments_uv_is_the_locks() -> None:
    said = subprocess.run([find_uv_bin(), "--version"], capture_output=True, text=True, check=True)

    assert version(said.stdout) == LOCKED


def test_the_set_up_passes_over_a_uv_that_is_not_the_locks(tmp_path: Path) -> None:
    newer, same = uv_named(tmp_path / "newer", "7.8.10"), uv_named(tmp_path / "same", "7.8.9")

    assert bootstrap(tmp_path / "project", newer, same) == "7.8.9"


def test_what_was_fetched_for_another_lock_is_not_used(tmp_path: Path) -> None:
    tools = tmp_path / "project" / ".tools"
    for name, says in (("venv", "7.8.8"), ("uv", "7.8.9")):
        (tools / name).mkdir(parents=True)
        uv_named(tools / name / "bin", says)

    assert bootstrap(tmp_path / "project") == "7.8.9"


def test_the_version_stands_in_the_lock_alone() -> None:
    files = [
        file
        for place in PLACES
        for file in [ROOT / place, *(ROOT / place).rglob("*")]
        if file.is_file()
    ]

    assert len(files) > len(PLACES)
    assert [str(f) for f in files if PINNED.search(f.read_text("utf-8", "replace"))] == []
    assert PINNED.search("pip install 'uv>=0.9'")
