"""A2A's own TCK before the A2A door, over its three bindings: ``make conformance TCK=<folder>``.

The folder is a checkout of https://github.com/a2aproject/a2a-tck, branch ``1.0-dev``; where none is
given, the page keeps what it has. The agent before it is ``doors/tck_agent.py``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from pathlib import Path

from conformance_mcp import Row
from foreign_processes import serving

ROOT = Path(__file__).resolve().parents[1]
UV = str(ROOT / "scripts/uv.sh")
_AGENT = ROOT / "scripts/doors/tck_agent.py"
NEEDED = os.environ.get("TCK", "")
"""Folder of the TCK; empty leaves it out."""
MUST = 94.9
"""What an agent made of a2a-sdk 1.3.0 alone reaches, tried on 20 November 2026."""
_BINDINGS = ("grpc", "jsonrpc", "http_json")
_SENT = tuple(f"test_must_requirement[CORE-SEND-003-{each}]" for each in _BINDINGS)
_STOCK_FAILS = (
    "test_cache_control_present",
    "test_cache_control_has_max_age",
    "test_last_modified_present",
    *_SENT,
    "test_content_type_not_supported_error",
    "test_response_content_type",
    "test_push_not_supported_returns_unimplemented",
    "test_version_not_supported_returns_unimplemented",
)
_ANY_ERROR = (
    "the right refusal comes, ContentTypeNotSupportedError; the TCK names no error for this "
    "requirement, and so takes each for a failure"
)
_WHY: Mapping[str, str] = {
    **dict.fromkeys(_SENT, _ANY_ERROR),
    **dict.fromkeys(
        (f"test_returns_message_with_text_part[{each}]" for each in _BINDINGS),
        "every answer is a task here, so that a client that was cut off can ask for it again",
    ),
}
_RUN_S = 900.0


def rows() -> Iterator[Row]:
    """Run it, and tell what came of it, with a line for each test that the stock SDK fails."""
    with (
        tempfile.TemporaryDirectory() as made,
        serving(_AGENT, "/.well-known/agent-card.json") as address,
    ):
        folder = Path(made) / "tck"
        leave = shutil.ignore_patterns(".git", ".venv", "reports")
        shutil.copytree(NEEDED, folder, ignore=leave)
        needs = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["dependencies"]
        words = [UV, "run", "--no-project", *(word for each in needs for word in ("--with", each))]
        done = subprocess.run(  # noqa: S603 - our own words
            [*words, "python", "run_tck.py", "--sut-host", address],
            cwd=folder, capture_output=True, text=True, check=False, timeout=_RUN_S,
        )  # fmt: skip
        reports = folder / "reports"
        if not (reports / "junitreport.xml").exists():
            raise SystemExit(f"The TCK did not run: {done.stdout[-500:]}{done.stderr[-500:]}")
        told = json.loads((reports / "compatibility.json").read_text())["summary"]
        ended = _ended(reports / "junitreport.xml")
    yield _whole(told, ended)
    for name in _STOCK_FAILS:
        how = ended.get(name, "not run")
        said = f"{how}: {_WHY[name]}" if how != "passed" and name in _WHY else how
        yield Row(f"`{name}`", "fails with the stock SDK", said, how == "passed" or name in _WHY)


def reasons() -> Iterator[tuple[str, str]]:
    """Give what fails, and why that is right here."""
    yield from _WHY.items()
    yield (
        "push notifications, signed and extended cards, TLS",
        "not offered, and the card says so: the TCK leaves them out",
    )


def _whole(told: Mapping[str, str], ended: Mapping[str, str]) -> Row:
    counts = {how: list(ended.values()).count(how) for how in ("passed", "failed", "left out")}
    levels = ", ".join(f"{each.upper()} {told[f'{each}_compatibility']}" for each in _LEVELS)
    strange = sorted(name for name, how in ended.items() if how == "failed" and name not in _WHY)
    said = ", ".join(f"{count} {how}" for how, count in counts.items()) + f"; {levels}"
    said += f" ({', '.join(strange)[:200]})" if strange else ""
    good = not strange and float(told["must_compatibility"].rstrip("%")) >= MUST
    return Row("TCK, branch 1.0-dev", "gRPC, JSON-RPC, HTTP+JSON", said, good)


_LEVELS = ("must", "should", "may")


def _ended(report: Path) -> dict[str, str]:
    """Read how each test ended, by its name; the worst where several have one name."""
    found: dict[str, str] = {}
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - we had it written
        name, kinds = str(case.get("name")), {child.tag for child in case}
        how = "failed" if kinds & {"failure", "error"} else "passed"
        how = "left out" if "skipped" in kinds else how
        if name in _STOCK_FAILS or name in _WHY:
            worst = found.get(name) == "failed"
            found[name] = "failed" if worst else how
        else:
            found[f"{case.get('classname')}.{name}"] = how
    return found
