"""Run what others wrote to test such software against the real thing, and write down the result.

Run: ``make outside``. Each suite is fetched by uv, and runs in front of a server started for it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from batuta.core.clock import machine_time

ROOT = Path(__file__).resolve().parents[1]
UV = str(ROOT / "scripts/uv.sh")
PAGE = ROOT / "docs/outside.md"
SCHEMATHESIS = "schemathesis@4.32.5"


def serve(stack: ExitStack) -> str:
    """Start a server with the offline model in a home of its own; gives its address."""
    home = stack.enter_context(tempfile.TemporaryDirectory())
    command = [sys.executable, "-m", "batuta", "serve", "--port", "0"]
    process = stack.enter_context(
        subprocess.Popen(  # noqa: S603 - our own words
            command, env={**os.environ, "BATUTA_HOME": home}, cwd=home, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )
    )  # fmt: skip
    stack.callback(process.terminate)
    assert process.stdout is not None  # noqa: S101 - it was asked for
    said = process.stdout.readline()
    found = re.search(r"http://\S+", said)
    if found is None:
        raise SystemExit(f"The server did not start: {said}")
    return found[0].rstrip("/")


def schemathesis(address: str, examples: int) -> tuple[bool, str]:
    """Generate requests from the door's own description; gives whether all went well."""
    done = subprocess.run(  # noqa: S603 - our own words
        [
            *(UV, "tool", "run", SCHEMATHESIS, "run", f"{address}/openapi.json", "--no-color"),
            *("--checks", "all", "--seed", "1", "--max-examples", str(examples)),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    print(done.stdout)
    counted = re.search(r"^\s*(\d+ generated.*)$", done.stdout, re.MULTILINE)
    return done.returncode == 0, counted[1] if counted else "stopped before its summary"


def main() -> None:
    """Run the suites, and write the page."""
    with ExitStack() as stack:
        well, counted = schemathesis(serve(stack), 100)
    row = f"| {SCHEMATHESIS.replace('@', ' ')} | the HTTP door's OpenAPI description | {counted} |"
    head, _, _ = PAGE.read_text().partition("\n| suite |")
    PAGE.write_text(
        f"{head}\n| suite | in front of | {machine_time():%Y-%m-%d} |\n|---|---|---|\n{row}\n"
    )
    if not well:
        raise SystemExit("Something did not pass: see above.")


if __name__ == "__main__":
    main()
