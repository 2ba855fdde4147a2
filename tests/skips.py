"""The skips that are allowed, each with its reason; any other fails the run.

What a test needs, the set-up fetches. The list holds what no set-up can fetch, and where CI is set
not even that is allowed. It may only shrink.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest


@dataclass(frozen=True)
class Allowed:
    """Skips whose message begins so, for a reason."""

    says: str
    reason: str


ALLOWED = (
    Allowed("no PostgreSQL", "Debian's package is the way to have it, and asks for root"),
    Allowed("no terraform", "it comes from its vendor, not from Debian, PyPI or npm"),
    Allowed("Linux alone", "limits of a process, AWS's runtime client and emulator are Linux's"),
)


@dataclass(eq=False)
class Skips:
    """Watches a run on the controller's side, and fails it where a skip is not allowed."""

    strict: bool
    unexpected: Counter[str] = field(default_factory=Counter[str])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._see(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._see(report)

    def _see(self, report: Any) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        said = report.longrepr[2].removeprefix("Skipped: ")
        if self.strict or not said.startswith(tuple(each.says for each in ALLOWED)):
            self.unexpected[f"{report.nodeid}: {said}"] += 1

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.unexpected and session.exitstatus in (
            pytest.ExitCode.OK,
            pytest.ExitCode.NO_TESTS_COLLECTED,
        ):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.unexpected:
            return
        terminalreporter.section("skips that are not allowed", red=True)
        for line in self.unexpected:
            terminalreporter.line(line)
        where = "none is where CI is set" if self.strict else "tests/skips.py holds the list"
        terminalreporter.line(f"A test must run, or not be there; `make fetch` has it all: {where}")


def pytest_configure(config: pytest.Config) -> None:
    """Watch the run; its workers only report."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Skips(strict=bool(os.environ.get("CI"))), "skips")
