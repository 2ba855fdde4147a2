"""Runs each test that reads the machine's clock a second time, under a moved one.

``pytest --moved-clock`` notes which tests read it: in this process or in one that they start,
themselves or through a fixture that they share. When a file is through, these tests run again while
the clock says another moment: one of the four, by the test's name, and each of them for a quick
unit test of what understands dates. Of a test's slow variants, one runs again.
``--units-were-moved`` leaves the other unit tests out, where they ran under ``pytest --clock-at
spread``: each of what it is asked to run at its moment alone.
``pytest --clock-at leap-day`` runs all of it at that moment.

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
from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any, TypeAlias, cast

import pytest

from batuta.core import clock

MOMENTS = ("200-days-on", "leap-day", "spring-night", "autumn-night")
SPREAD = "spread"
DATED = ("intake", "offline", "tennis")
"""Rooms that understand dates: a quick unit test of theirs is run again at every moment."""
QUICK_S = 0.05
"""A quick test takes no longer."""
SLOW_S = 1.0
"""A slow one takes longer: of a test's slow variants, one is run again."""

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


def moment_of(item: pytest.Item) -> str:
    """Give the moment at which a test is run again: the same wherever it runs."""
    return MOMENTS[zlib.crc32(item.nodeid.encode()) % len(MOMENTS)]


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

    def __init__(self, at: str, *, units_were_moved: bool) -> None:
        self.moved_to = ""
        self._units_were_moved = units_were_moved
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
        self.move(at)

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
        again = list(self._again())
        self._readers.clear()
        for (to, item), after in zip_longest(again, again[1:]):
            if to != self.moved_to:
                self.move(to)
            upcoming: Any = following
            if after is not None:  # a folder is no test in this file: what they share is made anew
                upcoming = after[1] if after[0] == to else item.getparent(pytest.File).parent
            item.ihook.pytest_runtest_protocol(item=item, nextitem=upcoming)
        self.move("")

    def _again(self) -> Iterator[tuple[str, Any]]:
        """Choose who is run again, moment by moment."""
        slow: dict[Any, pytest.Item] = {}
        for item in sorted(self._readers, key=lambda item: zlib.crc32(item.nodeid.encode())):
            if self._readers[item] > SLOW_S:
                slow.setdefault((item.parent, getattr(item, "originalname", item.name)), item)
        for to in MOMENTS:
            for item, took_s in self._readers.items():
                if self._due(item, to, took_s) and (took_s <= SLOW_S or item in slow.values()):
                    yield to, item

    def move(self, to: str) -> None:
        self.moved_to = to
        self._offset = moment(to) - clock.machine_time() if to else timedelta()
        os.environ["TESTS_CLOCK_OFFSET_S"] = str(self._offset.total_seconds())

    def _due(self, item: pytest.Item, to: str, took_s: float) -> bool:
        """Tell whether a reader is run again at this moment."""
        if took_s <= QUICK_S and any(item.path.is_relative_to(_UNIT / room) for room in DATED):
            return True
        was_moved = self._units_were_moved and item.path.is_relative_to(_UNIT)
        return not was_moved and moment_of(item) == to

    def _now(self) -> datetime:
        self._read = True
        return clock.machine_time() + self._offset


class Spread:
    """Runs each test at its moment alone; those of a file that share it follow each other."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._running = False

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        files = {path: number for number, path in enumerate(dict.fromkeys(i.path for i in items))}
        items.sort(key=lambda item: (files[item.path], MOMENTS.index(moment_of(item))))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> bool | None:
        if self._running:
            return None
        to, upcoming = moment_of(item), cast("Any", nextitem)
        if nextitem is not None and nextitem.path == item.path and moment_of(nextitem) != to:
            upcoming = cast(
                "Any", item.getparent(pytest.File)
            ).parent  # what they share is made anew
        self._running = True
        try:
            self._clocks.move(to)
            item.ihook.pytest_runtest_protocol(item=item, nextitem=upcoming)
        finally:
            self._running = False
        return True


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("clock")
    group.addoption(
        "--moved-clock",
        action="store_true",
        help="run each test that reads a clock again, under a moved one",
    )
    group.addoption(
        "--units-were-moved",
        action="store_true",
        help="they ran under --clock-at spread: of unit tests, only dated ones run again",
    )
    group.addoption(
        "--clock-at",
        choices=(*MOMENTS, SPREAD),
        default="",
        help="move the clock for all tests, or for each to one of the moments",
    )


def pytest_configure(config: pytest.Config) -> None:
    at: Any = config.getoption("--clock-at")
    if not at and not config.getoption("--moved-clock"):
        return
    clocks = config.stash[_CLOCKS] = Clocks(
        MOMENTS[0] if at == SPREAD else at,
        units_were_moved=bool(config.getoption("--units-were-moved")),
    )
    if at == SPREAD:
        config.pluginmanager.register(Spread(clocks), "spread")


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
