"""Servers of local models: one for each file in a process, for as long as somebody uses it."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batuta.core.ids import new_secret
from batuta.core.redaction import Secret
from batuta.errors import ConfigError
from batuta.settings import environment_with

CONTEXT = 8192
"""Tokens that a conversation may have with its answer: what SmolLM2 was trained for."""
SLOTS = 1
"""Requests that are answered at once; more would share the same cores."""
CHILD = (sys.executable, "-m", "batuta.models.local.child")
_GRACE_S = 5.0
_LAST_LINES = 3
_LAST_BYTES = 4_000


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """What is served.

    Args:
        name: The model, as ``local:…``.
        command: Starts the process; reads its order and says where it listens.
    """

    name: str
    path: Path
    command: Sequence[str] = CHILD

    @property
    def alias(self) -> str:
        """The name under which the server answers: the one it was chosen by, and never a path."""
        chosen = self.name.partition(":")[2]
        return self.path.stem if Path(chosen).name != chosen else chosen


@dataclass(slots=True)
class LocalServer:
    """A process that serves one model on loopback, with a key of its own.

    Args:
        log: What the process complains of.
    """

    spec: ServerSpec
    key: Secret = field(default_factory=lambda: Secret(new_secret()))
    address: str = ""
    _process: subprocess.Popen[str] | None = None
    _log: Any = None

    def start(self) -> None:
        """Start it, and wait until it has read its weights and listens.

        Raises:
            ConfigError: It ended before it did.
        """
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(  # noqa: S603 - our own words
            self.spec.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=environment_with(OMP_WAIT_POLICY="passive"),
            start_new_session=True,  # Ctrl-C in the terminal is for this process alone
        )
        order = {
            "path": str(self.spec.path),
            "alias": self.spec.alias,
            "key": self.key.reveal(),
            "context": CONTEXT,
            "slots": SLOTS,
            "threads": threads(),
        }
        said = self._say(json.dumps(order))
        if not said:
            code = self._process.wait()
            detail = f"llama.cpp did not start ({code}): {self._complaint()}"
            self.stop()
            raise ConfigError(f"Model {self.spec.name} cannot be used: {detail}", _MEND)
        self.address = json.loads(said)["address"]

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def process_id(self) -> int | None:
        """The id of the process; None before it was started."""
        return None if self._process is None else self._process.pid

    def stop(self) -> None:
        """End the process, which ends by itself once nobody speaks to it."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                _close(pipe)
        try:
            process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._log.close()

    def _say(self, line: str) -> str:
        """Give an order and read the answer; "" from a process that has ended."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return ""
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            return ""
        return process.stdout.readline()

    def _complaint(self) -> str:
        """Give the last that it complained of, without the path, which is the user's own."""
        self._log.seek(0, 2)
        self._log.seek(max(0, self._log.tell() - _LAST_BYTES))
        lines = [line.strip() for line in self._log.read().splitlines() if line.strip()]
        said = " / ".join(lines[-_LAST_LINES:]) or "it said nothing"
        return said.replace(str(self.spec.path), self.spec.path.name)


_MEND = "Look whether the file is whole, and whether there is memory for it."


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except BrokenPipeError:  # it ended with words of ours unread
        return


def threads() -> int:
    """Give how many threads may reckon: all cores but one, which this program needs.

    One more than there are free cores, and each waits for the other at every layer: on two busy
    cores two threads took five times as long as one.
    """
    return max(1, (os.cpu_count() or 1) - 1)


class LocalServers:
    """The servers of this process, shared by all that ask the same model."""

    def __init__(self) -> None:
        self._running: dict[ServerSpec, LocalServer] = {}
        self._users: dict[ServerSpec, int] = {}
        self._lock = threading.Lock()

    def take(self, spec: ServerSpec) -> LocalServer:
        """Give the server of a model, started where none runs; ``leave`` gives it back.

        Raises:
            ConfigError: It does not start.
        """
        with self._lock:
            server = self._live(spec)
            self._users[spec] = self._users.get(spec, 0) + 1
            return server

    def again(self, spec: ServerSpec) -> LocalServer:
        """Give the server to somebody who has taken it, started anew where it has ended.

        Raises:
            ConfigError: It does not start.
        """
        with self._lock:
            return self._live(spec)

    def leave(self, spec: ServerSpec) -> None:
        """Give a server back; the last one stops it."""
        with self._lock:
            self._users[spec] = self._users.get(spec, 0) - 1
            if self._users[spec] <= 0:
                del self._users[spec]
                server = self._running.pop(spec, None)
                if server is not None:
                    server.stop()

    def stop(self) -> None:
        """Stop all of them."""
        with self._lock:
            while self._running:
                self._running.popitem()[1].stop()
            self._users.clear()

    def _live(self, spec: ServerSpec) -> LocalServer:
        server = self._running.get(spec)
        if server is not None and server.alive:
            return server
        if server is not None:
            server.stop()
        elif not self._running:
            atexit.register(self.stop)
        made = LocalServer(spec)
        made.start()
        self._running[spec] = made
        return made


SERVERS = LocalServers()
"""Those of this process."""
