"""Runs each test that reads the machine's clock a second time, under a moved one.

``pytest --moved-clock`` notes which tests read it: in this process or in one that they start,
themselves or through a fixture that they share. When a file is through, these tests run again while
the clock says another moment: a quick unit test each of the moments, any other test one of them.
``pytest --clock-at leap-day`` runs what it is asked to run at that moment alone.

What is moved is the source of ``batuta.core.clock``, the only place where the product reads the
time, and where tests read it too. Seconds pass as always; libraries keep the machine's time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from batuta.core import clock

MOMENTS = ("200-days-on", "leap-day", "spring-night", "autumn-night")
QUICK_S = 0.05
"""A unit test that takes no longer is run at every moment."""

Wrapper: TypeAlias = Generator[None, Any, Any]
CHILD = Path(__file__).parent / "child"
"""Stands in PYTHONPATH of Python processes whose clock is the test's."""

_UNIT = Path(__file__).parent / "unit"
_CLOCKS = pytest.StashKey["Clocks"]()


def moment(name: str) -> datetime:
    """Give the time to which a clock is moved; each is one at which a date is easily got wrong."""
    if name == "200-days-on":
        return clock.machine_time() + timedelta(days=200)
    if name == "leap-day":
        return datetime(2028, 2, 29, 12, tzinfo=UTC)
    spring, autumn = _changes(2028)
    return (spring if name == "spring-night" else autumn) - timedelta(minutes=30)


def _changes(year: int) -> list[datetime]:
    """Give the hours of a year at which the club's wall clocks change."""
    from batuta.tennis.club import Club

    zone, start = Club().zone, datetime(year, 1, 1, tzinfo=UTC)
    hours = [start + timedelta(hours=n) for n in range(366 * 24)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    return [
        hour
        for hour, (one, other) in zip(hours[1:], pairwise(offsets), strict=True)
        if one != other
    ]


class Clocks:
    """The clock of this process and of those that its tests start."""

    def __init__(self, at: str) -> None:
        self.moved_to = ""
        self.turn: pytest.Item | None = None
        self._offset = timedelta()
        self._read = False
        self._readers: dict[Any, float] = {}
        self._shared: set[tuple[Any, str]] = set()
        self._folder = Path(tempfile.mkdtemp(prefix="batuta-clock-"))
        self._note = self._folder / "read"
        path = [str(CHILD), *filter(None, [os.environ.get("PYTHONPATH")])]
        os.environ["PYTHONPATH"] = os.pathsep.join(path)
        os.environ["TESTS_CLOCK_NOTE"] = str(self._note)
        clock.set_source(self._now)
        self._move(at)

    def close(self) -> None:
        clock.set_source(None)
        shutil.rmtree(self._folder)

    def taken(self) -> bool:
        """Tell whether a clock was read since this was asked last."""
        read, self._read = self._read or self._note.exists(), False
        self._note.unlink(missing_ok=True)
        return read

    def run(self, item: Any) -> Wrapper:
        """Run a test, and keep it for later where it read a clock."""
        began = time.monotonic()
        self.taken()
        yield
        chain, names = item.listchain(), getattr(item, "fixturenames", ())
        if self.taken() or any(node in chain and name in names for node, name in self._shared):
            self._readers[item] = time.monotonic() - began

    def make(self, node: Any, name: str) -> Wrapper:
        """Make a fixture that several tests share; where it read a clock, they all did."""
        before = self.taken()
        try:
            return (yield)
        finally:
            read = self.taken()
            if read:
                self._shared.add((node, name))
            self._read = before or read

    def repeat(self, last: pytest.Item, following: pytest.Item | None) -> None:
        """Run the readers of a file again, in the turn of its last test."""
        self.turn = last
        again = [
            (to, item)
            for number, to in enumerate(MOMENTS)
            for item, took_s in self._readers.items()
            if zlib.crc32(item.nodeid.encode()) % len(MOMENTS) == number
            or (took_s <= QUICK_S and item.path.is_relative_to(_UNIT))
        ]
        self._readers.clear()
        for (to, item), after in zip_longest(again, again[1:]):
            if to != self.moved_to:
                self._move(to)
            upcoming: Any = following
            if after is not None:  # a folder is no test in this file: what they share is made anew
                upcoming = after[1] if after[0] == to else item.getparent(pytest.File).parent
            item.ihook.pytest_runtest_protocol(item=item, nextitem=upcoming)
        self._move("")

    def _now(self) -> datetime:
        self._read = True
        return clock.machine_time() + self._offset

    def _move(self, to: str) -> None:
        self.moved_to = to
        self._offset = moment(to) - clock.machine_time() if to else timedelta()
        os.environ["TESTS_CLOCK_OFFSET_S"] = str(self._offset.total_seconds())


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("clock")
    group.addoption(
        "--moved-clock",
        action="store_true",
        help="run each test that reads a clock again, under a moved one",
    )
    group.addoption("--clock-at", choices=MOMENTS, default="", help="move the clock for all tests")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--moved-clock") or config.getoption("--clock-at"):
        config.stash[_CLOCKS] = Clocks(config.getoption("--clock-at") or "")


def pytest_unconfigure(config: pytest.Config) -> None:
    if _CLOCKS in config.stash:
        config.stash[_CLOCKS].close()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Wrapper:
    clocks = item.config.stash.get(_CLOCKS, None)
    if clocks is None or clocks.moved_to:
        return (yield)
    yield from clocks.run(item)
    ended = item.session.shouldstop or item.session.shouldfail
    if not ended and (nextitem is None or nextitem.path != item.path):
        clocks.repeat(item, nextitem)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any, request: Any) -> Wrapper:
    clocks = request.config.stash.get(_CLOCKS, None)
    if clocks is None or fixturedef.scope == "function":
        return (yield)
    return (yield from clocks.make(request.node, fixturedef.argname))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    clocks = item.config.stash.get(_CLOCKS, None)
    if clocks is not None and clocks.moved_to:
        report.moved_to, report.of = clocks.moved_to, report.nodeid
        if clocks.turn is not None:  # pytest-xdist knows a report by the test whose turn it is
            report.nodeid = clocks.turn.nodeid
    return report


_counted = Counter[str]()
_took_s = Counter[str]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: Any) -> None:
    to = getattr(report, "moved_to", "")
    if not to or "PYTEST_XDIST_WORKER" in os.environ:
        return  # a worker's reports come to the one who tells the user
    _counted[to] += report.when == "call"
    _took_s[to] += report.duration
    report.nodeid = report.of
    if not report.passed:
        name = report.of.removesuffix("]")
        report.nodeid = f"{name}{'[' if name == report.of else ' '}@ {to}]"


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if config.stash.get(_CLOCKS, None) is not None:
        said = ", ".join(f"{_counted[to]} at {to}" for to in MOMENTS)
        terminalreporter.write_line(f"Under a moved clock, in {_took_s.total():.0f} s: {said}")
