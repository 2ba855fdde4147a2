"""Run suites, clients and servers that others wrote against the doors, and write down the result.

Run: ``make conformance``. What is fetched stays in ``.tools``.
"""

from __future__ import annotations

from pathlib import Path

import conformance_mcp

from batuta.core.clock import machine_time

PAGE = Path(__file__).resolve().parents[1] / "docs/conformance.md"
DOORS = {"MCP": conformance_mcp}


def main() -> None:
    """Run every door's, and write the page."""
    parts: list[str] = []
    wrong: list[str] = []
    for door, suites in DOORS.items():
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


_HEAD = """\
# What others' suites say

`make conformance` runs suites, clients and servers that others wrote against the doors, from their
packages, and writes this page. It needs the package registry once; a check that fails and is not
listed below ends it with an error."""


if __name__ == "__main__":
    main()
