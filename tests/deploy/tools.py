"""Runs tools that no environment of ours has: they are large, and the linters pin what they need.

``make fetch`` puts them into uv's cache; a test never does.
"""

from __future__ import annotations

import functools
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

CFN_LINT = "cfn-lint==1.58.0"
CHECKOV = "checkov==3.3.30"
LINTERS = (CFN_LINT, CHECKOV)
SAM = "aws-sam-cli==1.170.0"
"""Its wheel carries AWS's own Lambda emulator, for two machines."""

_EMULATORS = {
    "x86_64": "aws-lambda-rie-x86_64",
    "aarch64": "aws-lambda-rie-arm64",
}
_ABSENT = "{} is not in uv's cache: run `make fetch`"


@functools.cache
def _uv() -> str:
    from uv import find_uv_bin

    return os.fspath(find_uv_bin())


def run(tool: str, *words: str, offline: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a linter, from uv's cache alone."""
    name = tool.partition("==")[0]
    cached = ["--offline"] if offline else []
    return subprocess.run(
        [_uv(), "tool", "run", *cached, "--python", sys.executable, "--from", tool, name, *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "ignore", "BC_API_KEY": ""},
    )


@functools.cache
def demand(tool: str) -> None:
    """Fail where a linter is not here: the set-up fetches it."""
    assert run(tool, "--version").returncode == 0, _ABSENT.format(tool)


def lacks_emulator() -> str:
    """Say why AWS's Lambda emulator cannot run here; empty where it can."""
    if sys.platform == "linux" and platform.machine() in _EMULATORS:
        return ""
    return f"Linux alone has AWS's Lambda emulator, on {' and '.join(_EMULATORS)}"


def emulator(folder: Path) -> Path:
    """Put AWS's Lambda emulator into a folder, from uv's cache alone."""
    assert _unpacked(folder, offline=True).returncode == 0, _ABSENT.format(SAM)
    return folder / "samcli" / "local" / "rapid" / _EMULATORS[platform.machine()]


def _unpacked(folder: Path, *, offline: bool) -> subprocess.CompletedProcess[str]:
    """Unpack the wheel alone: the emulator needs nothing of what the wheel asks for."""
    cached = ["--offline"] if offline else []
    return subprocess.run(
        [
            *(_uv(), "pip", "install", "--quiet", *cached, "--no-deps"),
            *("--python", sys.executable, "--target", str(folder), SAM),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


def fetch() -> int:
    """Fetch what is not there yet; for ``make fetch``."""
    for tool in LINTERS:
        done = run(tool, "--version")
        if done.returncode:
            done = run(tool, "--version", offline=False)
        if _failed(tool, done):
            return 1
    with tempfile.TemporaryDirectory(prefix="emulator-") as folder:
        done = _unpacked(Path(folder), offline=True)
        if done.returncode:
            done = _unpacked(Path(folder), offline=False)
        return _failed(SAM, done)


def _failed(tool: str, done: subprocess.CompletedProcess[str]) -> int:
    sys.stdout.write(f"{tool}: {'there' if done.returncode == 0 else done.stderr.strip()}\n")
    return int(done.returncode != 0)


if __name__ == "__main__":
    sys.exit(fetch())
