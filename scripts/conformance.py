"""Run suites, clients and servers that others wrote against the doors, and write down the result.

Run: ``make conformance``, with ``TCK=<folder>`` where A2A's TCK lies; with words, only the doors
whose names have one of them, and the rest of the page stays as it is. What is fetched stays in
``.tools``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import conformance_mcp
import conformance_tck
from conformance_clients import A2A, AG_UI, OPENAI

from batuta.core.clock import machine_time

PAGE = Path(__file__).resolve().parents[1] / "docs/conformance.md"
_TCK = "A2A, its own TCK"
DOORS = {
    "MCP": conformance_mcp,
    "OpenAI's API": OPENAI,
    "A2A": A2A,
    _TCK: conformance_tck,
    "AG-UI": AG_UI,
}


def main() -> None:
    """Run every door's, or those that are named, and write the page."""
    parts: list[str] = []
    wrong: list[str] = []
    for door, suites in DOORS.items():
        if not _wanted(door):
            parts += _kept(door)
            continue
        lines = [
            f"## {door}",
            "",
            f"| suite | before it | {machine_time():%Y-%m-%d} |",
            "|---|---|---|",
        ]
        for row in suites.rows():
            print(f"{'ok  ' if row.good else 'FAIL'} {row.suite}: {row.said}", flush=True)
            lines.append(f"| {row.suite} | {row.before} | {row.said} |")
            wrong += [] if row.good else [f"{row.suite}: {row.said}"]
        lines += [
            "",
            "What does not apply, and why:",
            "",
            "| scenario or check | why |",
            "|---|---|",
        ]
        lines += [f"| `{name}` | {why} |" for name, why in suites.reasons()]
        parts.append("\n".join(lines))
    PAGE.write_text("\n\n".join([_HEAD, *parts]) + "\n")
    if wrong:
        raise SystemExit("\n".join(["Something did not pass:", *wrong]))


def _wanted(door: str) -> bool:
    if door == _TCK and not conformance_tck.NEEDED:
        return False
    named = sys.argv[1:]
    return not named or any(word.lower() in door.lower() for word in named)


def _kept(door: str) -> list[str]:
    """Give a door's part of the page as it is."""
    _, found, rest = PAGE.read_text().partition(f"## {door}\n")
    part = rest.partition("\n## ")[0]
    return [f"{found}{part}".rstrip()] if found else []


_HEAD = """\
# What others' suites say

`make conformance` runs suites, clients and servers that others wrote against the doors, from their
packages, and writes this page. It needs the package registry once; a check that fails and is not
listed below ends it with an error. A2A's TCK is no package: `make conformance TCK=<folder>` runs it
from a checkout of its branch `1.0-dev`, and without the folder its part stays as it was."""


if __name__ == "__main__":
    main()
