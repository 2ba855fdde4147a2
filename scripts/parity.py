"""Write the parity table, patterns by runtimes, from the contract suite's own results.

Run: ``python scripts/parity.py``. It runs the suite and counts, for each pattern and runtime, the
tests that passed out of those that apply.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parents[1]
SUITE = "tests/contract/agent.py"
RUN = ("tests/contract/test_agents.py", "tests/contract/test_durable.py::TestAgentsOnDurable")
DATABASES = ("sqlite", "postgresql")
PAGE = ROOT / "docs" / "runtimes" / "parity.md"
HEAD = """\
# Every pattern on every runtime

One contract suite (`{suite}`) runs each pattern on each runtime: same answer, a trace that
nests and adds up, same errors, budget, deadline and cancellation, nothing kept between runs and no
task left behind. Below: tests passed of those that apply. `grpc-each` puts every agent into a
server of its own; `grpc-one` puts all of them into one server, apart from the run. `durable-…` is
the durable runtime on that database.

Made by `python scripts/parity.py`; a test checks that no pattern, runtime or test is missing here.

"""


def results(report: Path) -> dict[str, dict[str, Counter[str]]]:
    """Read a JUnit report: pattern to runtime to the number of tests that passed or failed."""
    found: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own file
        _, _, parameters = case.get("name", "").rstrip("]").partition("[")
        pattern, dash, runtime = parameters.partition("-")
        if pattern in DATABASES:
            pattern, runtime = runtime, f"durable-{pattern}"
        if not dash or case.find("skipped") is not None:
            continue
        failed = case.find("failure") is not None or case.find("error") is not None
        found[pattern][runtime]["failed" if failed else "passed"] += 1
    return found


def table(found: dict[str, dict[str, Counter[str]]]) -> str:
    """Make the page's table."""
    runtimes = list(dict.fromkeys(runtime for row in found.values() for runtime in row))
    lines = [f"| pattern | {' | '.join(runtimes)} |", f"| --- |{' --- |' * len(runtimes)}"]
    for pattern in found:
        cells: list[str] = []
        for runtime in runtimes:
            count = found[pattern][runtime]
            cells.append(f"{count['passed']}/{count.total()}")
        lines.append(f"| {pattern} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the suite and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        words = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}", *RUN]
        ended = subprocess.run([sys.executable, "-m", "pytest", *words], cwd=ROOT, check=False)  # noqa: S603 - our own words
        made = table(results(report))
    PAGE.write_text(HEAD.format(suite=SUITE) + made)
    raise SystemExit(ended.returncode)


if __name__ == "__main__":
    main()
