"""Runs linters that have an environment of their own: they are large, and pin what they need.

``make deploy-tools`` fetches them; a test never does.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys

CFN_LINT = "cfn-lint==1.58.0"
CHECKOV = "checkov==3.3.30"


@functools.cache
def _uv() -> str:
    from uv import find_uv_bin

    return os.fspath(find_uv_bin())


def run(tool: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a tool, from uv's cache alone."""
    name = tool.partition("==")[0]
    return subprocess.run(
        [
            _uv(),
            "tool",
            "run",
            "--offline",
            "--python",
            sys.executable,
            "--from",
            tool,
            name,
            *words,
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "ignore", "BC_API_KEY": ""},
    )


@functools.cache
def lack(tool: str) -> str:
    """Say why a tool cannot be used here; empty where it can."""
    done = run(tool, "--version")
    if done.returncode == 0:
        return ""
    return f"{tool} is not in uv's cache: run `make deploy-tools`"


def fetch() -> int:
    """Fetch both; for ``make deploy-tools``."""
    for tool in (CFN_LINT, CHECKOV):
        name = tool.partition("==")[0]
        words = [
            _uv(),
            "tool",
            "run",
            "--python",
            sys.executable,
            "--from",
            tool,
            name,
            "--version",
        ]
        if subprocess.run(words, check=False).returncode:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(fetch())
