"""Services as ``batuta up`` runs them, and what can be done to them."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from batuta.app import App
from batuta.hosting import hosted
from batuta.settings import Settings
from batuta.styles import app_style, find_running, placed_names
from tests.e2e.command_line import NOW
from tests.patience import scaled

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
_READY = re.compile(r"^(?P<name>[\w-]+) *\| ready on (?P<address>\S+) \(process (?P<id>\d+)\)")


@dataclass
class Up:
    """A running ``batuta up``."""

    process: subprocess.Popen[str]
    home: Path
    style: str
    lines: list[str] = field(default_factory=list[str])
    _news: threading.Condition = field(default_factory=threading.Condition)

    def listen(self) -> None:
        """Read what it prints, to its end."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self.lines.append("<end>")
            self._news.notify_all()

    def says(self, words: str, times: int = 1) -> None:
        """Wait until it has printed this so many times."""

        def there() -> bool:
            return self.lines[-1:] == ["<end>"] or self.count(words) >= times

        with self._news:
            assert self._news.wait_for(there, scaled(PATIENCE_S)), self.lines
            assert self.count(words) >= times, self.lines

    def count(self, words: str) -> int:
        """Tell how many lines hold this."""
        return sum(words in line for line in self.lines)

    @property
    def processes(self) -> dict[str, int]:
        """The services' present process ids."""
        found = filter(None, map(_READY.match, list(self.lines)))
        return {match["name"]: int(match["id"]) for match in found}

    @property
    def addresses(self) -> dict[str, str]:
        """Where the services are."""
        running = find_running(self.home, self.style)
        assert running is not None
        return dict(running.agents)

    @contextmanager
    def without(self, service: str) -> Iterator[None]:
        """Kill a service; only after the block may it be started again."""
        before = self.lives(service)
        self.process.send_signal(signal.SIGSTOP)
        try:
            os.kill(self.processes[service], signal.SIGKILL)
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)
            self.waits_for(service, before + 1)

    def lives(self, service: str) -> int:
        """Tell how often a service has been ready."""
        ready = re.compile(rf"^{service} *\| ready on")
        return sum(bool(ready.match(line)) for line in list(self.lines))

    def waits_for(self, service: str, lives: int) -> None:
        """Wait until a service has been ready so often."""
        with self._news:
            there = self._news.wait_for(lambda: self.lives(service) >= lives, scaled(PATIENCE_S))
        assert there, self.lines

    def stop(self, how: int = signal.SIGINT) -> int:
        """Tell it to stop, and give its exit code."""
        self.process.send_signal(how)
        return self.process.wait(scaled(PATIENCE_S))


@contextmanager
def up(home: Path, style: str, *words: str, **env: str) -> Iterator[Up]:
    """Run a style's services while the block lasts; none of them may be left after it."""
    plain = {"BATUTA_HOME": str(home), "BATUTA_NOW": NOW, "PYTHONUNBUFFERED": "1", **env}
    process = subprocess.Popen(
        [sys.executable, "-m", "batuta", "up", style, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={**os.environ, **plain},
    )
    made = Up(process, home, style)
    listener = threading.Thread(target=made.listen)
    listener.start()
    try:
        made.says(" answer; stop them")
        yield made
    finally:
        if process.poll() is None:
            made.stop()
        listener.join(scaled(PATIENCE_S))
        assert process.stdout is not None
        process.stdout.close()
    assert not list(filter(alive, made.processes.values()))


@asynccontextmanager
async def hosts(app: App, style: str, settings: Settings) -> AsyncGenerator[Settings]:
    """Host the agents of C and G one by one in this process, on real sockets; others stay here.

    Gives the settings that know where they are.
    """
    found = app_style(app, style, replace(settings, port=0))
    if not found.style.independent:
        yield settings
        return
    where: dict[str, tuple[str, ...]] = {}
    async with AsyncExitStack() as running:
        for name in placed_names(found.names()):
            host = await running.enter_async_context(hosted(found, names=[name]))
            where[name] = (host.address,)
        yield replace(settings, placement={style: where})


def alive(process_id: int) -> bool:
    """Tell whether there is such a process."""
    with suppress(ProcessLookupError):
        os.kill(process_id, 0)
        return True
    return False


def booked(home: Path) -> list[str]:
    """Read the slots of all bookings from the club's file itself."""
    if not (home / "tennis.db").exists():
        return []  # nobody has touched it yet, and an empty file made here would be refused
    with closing(sqlite3.connect(home / "tennis.db")) as db:
        if not list(db.execute("SELECT 1 FROM sqlite_master WHERE name = 'bookings'")):
            return []  # nobody has touched it yet
        return [slot for (slot,) in db.execute("SELECT slot_id FROM bookings ORDER BY rowid")]
