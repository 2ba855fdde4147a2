"""Run what others wrote to test such software against the real thing, and write down the result.

Run: ``make outside``. Each suite is fetched by uv, and runs in front of a server started for it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

import outside_local
import outside_phoenix
import outside_webui

from batuta.core.clock import machine_time

ROOT = Path(__file__).resolve().parents[1]
UV = str(ROOT / "scripts/uv.sh")
PAGE = ROOT / "docs/outside.md"
SCHEMATHESIS = "schemathesis@4.32.5"
NOT_SENT = "Idempotency-Key"
EXAMPLES = int(os.environ.get("EXAMPLES", "100"))


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


def described(address: str, folder: Path) -> Path:
    """Write the door's description to a file, without the one header that no schema can describe.

    Whether a key was used before, for other words, is no property of the request by itself.
    """
    with urlopen(f"{address}/openapi.json") as answer:  # noqa: S310 - our own server
        made = json.load(answer)
    for path in made["paths"].values():
        for operation in path.values():
            given = operation.get("parameters", [])
            operation["parameters"] = [each for each in given if each["name"] != NOT_SENT]
    file = folder / "openapi.json"
    file.write_text(json.dumps(made))
    return file


def schemathesis(address: str, file: Path, examples: int) -> tuple[bool, str]:
    """Generate requests from the door's own description; gives whether all went well."""
    done = subprocess.run(  # noqa: S603 - our own words
        [
            *(UV, "tool", "run", SCHEMATHESIS, "run", str(file), "--url", address, "--no-color"),
            *("--suppress-health-check", "too_slow"),
            *("--checks", "all", "--seed", "1", "--max-examples", str(examples)),
        ],
        capture_output=True, text=True, check=False, cwd=file.parent,
    )  # fmt: skip
    print(done.stdout)
    counted = re.search(r"^\s*(\d+ generated.*)$", done.stdout, re.MULTILINE)
    return done.returncode == 0, counted[1] if counted else "stopped before its summary"


def main() -> None:
    """Run the suites, and write the page."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        address = serve(stack)
        well, counted = schemathesis(address, described(address, folder), EXAMPLES)
    row = f"| {SCHEMATHESIS.replace('@', ' ')} | the HTTP door's OpenAPI description | {counted} |"
    day = f"{machine_time():%Y-%m-%d}"
    write("\n| suite |", f"\n| suite | in front of | {day} |\n|---|---|---|\n{row}")
    shown, wrong = outside_webui.table()
    write(f"\n{outside_webui.HEAD}", f"\n{shown}")
    shown, more = outside_local.table()
    wrong += more
    write(f"\n{outside_local.HEAD}", f"\n{shown}")
    with ExitStack() as stack:
        shown, differing = outside_phoenix.table(stack)
    write(f"\n{outside_phoenix.HEAD}", f"\n{shown}")
    if wrong or differing or not well:
        raise SystemExit("\n".join(["Something did not pass: see above.", *wrong, *differing]))


def write(begins: str, table: str) -> None:
    """Put a table of the page in the place of the one that begins so."""
    head, found, rest = PAGE.read_text().partition(begins)
    if not found:
        raise SystemExit(f"{PAGE.name} has no table that begins with {begins.strip()}")
    _, _, after = rest.partition("\n\n")
    PAGE.write_text(f"{head}{table}\n" + (f"\n{after}" if after else ""))


if __name__ == "__main__":
    main()
