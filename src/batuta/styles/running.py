"""What ``batuta up`` runs, told to others by a file that only its owner can read.

The file stands beside a lock that the process holds while it lives: however it ends, the lock goes
with it, and a file without its lock is nobody's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Self

from batuta.core.redaction import Secret
from batuta.errors import ConfigError

_FOLDER = "up"
_TRIES = 100


@dataclass(frozen=True, slots=True)
class Running:
    """The services of one style.

    Args:
        app: The App's name.
        agents: Name of an agent to its address.
        process: Id of the process that looks after them.
    """

    app: str
    style: str
    agents: Mapping[str, str]
    secret: Secret
    process: int

    def to_json(self) -> str:
        """Turn into JSON text, the secret included."""
        return json.dumps(
            {
                "app": self.app,
                "style": self.style,
                "agents": dict(self.agents),
                "secret": self.secret.reveal(),
                "process": self.process,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Running:
        """Read what ``to_json`` wrote.

        Raises:
            ValueError: It is something else.
        """
        try:
            raw = json.loads(text)
            return cls(
                raw["app"], raw["style"], raw["agents"], Secret(raw["secret"]), raw["process"]
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no description of running services: {error}") from error


def find_running(home: Path, style: str) -> Running | None:
    """Give what runs in a home for a style; None for nothing.

    Raises:
        ConfigError: The file cannot be read.
    """
    path = _path(home, style)
    try:
        if not path.exists():  # as it mostly is, and cheaper than a failure to open it
            return None
        text = path.read_text("utf-8")
        return Running.from_json(text) if _is_held(path) else None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", "Remove the file.") from error


def is_stale(home: Path, style: str) -> bool:
    """Tell whether a file is left over from a process that is gone."""
    path = _path(home, style)
    return path.exists() and not _is_held(path)


class Claim:
    """The right to run a style's services in a home; use as ``with``. It ends with the process.

    Raises:
        ConfigError: Somebody else has it.
    """

    def __init__(self, home: Path, style: str) -> None:
        self._path = _path(home, style)
        self._style = style
        self._lock: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = _lock_path(self._path).open("ab")
        # Who only looks holds it for a moment too.
        if not any(_locked(lock) for _ in range(_TRIES)):
            lock.close()
            raise ConfigError(
                f"The services of style {self._style} run already, as {self._path} says",
                "Use those, stop them first, or take another folder with --home.",
            )
        self._lock = lock
        return self

    def publish(self, running: Running) -> None:
        """Tell others where the services are."""
        part = self._path.with_suffix(".part")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(running.to_json())
        part.replace(self._path)

    def __exit__(self, *raised: object) -> None:
        self._path.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None


@lru_cache(maxsize=64)
def _path(home: Path, style: str) -> Path:
    return home / _FOLDER / f"{style}.json"


def _lock_path(path: Path) -> Path:
    return path.with_suffix(".lock")


def _is_held(path: Path) -> bool:
    """Tell whether a living process holds the lock of a file."""
    with suppress(FileNotFoundError), _lock_path(path).open("rb") as lock:
        return not _locked(lock, shared=True)
    return False


def _locked(file: IO[bytes], *, shared: bool = False) -> bool:
    """Take the lock if it is free; it goes when the file is closed."""
    import fcntl

    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
