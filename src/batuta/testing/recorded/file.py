"""A recording as a file: JSON Lines in which everything is written once, in the order it came.

The first line says what the file is. A ``message``, ``tool`` or ``output`` line gives a number to
what follows; a ``call`` line names these numbers and ends with the reply or the error. What was
written is whole up to its last line: a process may be killed at any moment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from batuta.errors import ConfigError
from batuta.testing.recorded.content import VOLATILE, Content, Reader, settings_text

VERSION = 1
_MARK = "batuta recording"
_KINDS = ("message", "tool", "output")


@dataclass(frozen=True, slots=True)
class Entry:
    """One recorded call.

    Args:
        number: Place in the order of asking, from 1.
        model: The model that was asked, by the name under which it was chosen.
        told: The reply or the error, as the file has it.
        answered: The name under which it answered, where that is another.
    """

    number: int
    model: str
    content: Content
    told: Mapping[str, Any]
    answered: str = ""


class Recorder:
    """Writes one recording; several recording models may share it.

    Args:
        path: Written anew at the first call.
        facts: JSON-able facts for the first line, such as the time at which the clock stands.
        secrets: Texts to mask wherever they stand, beside those that look like secrets.
        volatile: Patterns of texts that differ from run to run.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        facts: Mapping[str, Any] | None = None,
        secrets: Sequence[str] = (),
        volatile: Sequence[str] = VOLATILE,
    ) -> None:
        self.path = Path(path)
        self.reader = Reader(secrets, volatile)
        self._facts = dict(facts or {})
        self._numbers: dict[str, dict[str, int]] = {kind: {} for kind in _KINDS}
        self._calls = 0
        self._begun = False

    def next_number(self) -> int:
        """Count one more call, in the order of asking.

        Raises:
            ConfigError: The file cannot be written, or is there and is no recording.
        """
        if not self._begun:
            self._begin()
        self._calls += 1
        return self._calls

    def write(self, entry: Entry) -> None:
        """Add a call that has ended, with what it is the first to mention."""
        lines: list[dict[str, Any]] = []
        content = entry.content
        line: dict[str, Any] = {"call": entry.number, "model": entry.model}
        if entry.answered and entry.answered != entry.model:
            line["answered"] = entry.answered
        line["messages"] = [self._number("message", each, lines) for each in content.messages]
        if content.tools:
            line["tools"] = [self._number("tool", each, lines) for each in content.tools]
        if content.output:
            line["output"] = self._number("output", content.output, lines)
        if content.settings:
            line["settings"] = json.loads(content.settings)
        self._append([*lines, {**line, **entry.told}])

    def _begin(self) -> None:
        if self.path.exists() and self.path.stat().st_size:
            _header(self.path, _first_line(self.path))  # a file of somebody's stays as it is
        first = {_MARK: VERSION, **self._facts}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(_line(first), "utf-8")
        except OSError as error:
            raise _unusable(self.path, error) from error
        self._begun = True

    def _number(self, kind: str, text: str, lines: list[dict[str, Any]]) -> int:
        known = self._numbers[kind]
        if text not in known:
            known[text] = len(known) + 1
            lines.append({kind: known[text], **json.loads(text)})
        return known[text]

    def _append(self, lines: Sequence[Mapping[str, Any]]) -> None:
        try:
            with self.path.open("ab", buffering=0) as file:
                file.write("".join(map(_line, lines)).encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise _unusable(self.path, error) from error


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that was read.

    Args:
        entries: In the order of asking.
        facts: What the first line says beside what the file is.
        torn: Whether the last line was cut off, as by a kill.
    """

    path: Path
    entries: tuple[Entry, ...]
    facts: Mapping[str, Any]
    torn: bool = False

    @classmethod
    def load(cls, path: str | Path) -> Recording:
        """Read a file; a last line that was cut off counts as not written.

        Raises:
            ConfigError: It cannot be read, is no recording, or is damaged before its last line.
        """
        path = Path(path)
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise _unusable(path, error) from error
        first, _, rest = text.partition("\n")
        header = _header(path, first)
        lines = rest.split("\n")
        torn = bool(lines.pop())  # what follows the last line end
        shelf = _Shelf()
        for number, line in enumerate(lines, 2):
            try:
                shelf.take(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                what = f"{path}, line {number} is no part of a recording"
                raise ConfigError(what, "Record it again.") from error
        entries = sorted(shelf.entries, key=lambda entry: entry.number)
        facts = {k: v for k, v in header.items() if k != _MARK}
        return cls(path, tuple(entries), facts, torn)


@dataclass(slots=True)
class _Shelf:
    """What the lines so far have numbered, and the calls made of it."""

    known: dict[str, dict[int, str]] = field(
        default_factory=lambda: {kind: dict[int, str]() for kind in _KINDS}
    )
    entries: list[Entry] = field(default_factory=list[Entry])

    def take(self, line: dict[str, Any]) -> None:
        kind = next((kind for kind in _KINDS if kind in line and "call" not in line), None)
        if kind is None:
            self.entries.append(self._entry(line))
            return
        number = line.pop(kind)
        self.known[kind][number] = json.dumps(line, ensure_ascii=False)

    def _entry(self, line: Mapping[str, Any]) -> Entry:
        told = {k: line[k] for k in ("reply", "error", "streamed") if k in line}
        if "reply" not in told and "error" not in told:
            raise ValueError("a call without reply or error")
        content = Content(
            tuple(self.known["message"][n] for n in line["messages"]),
            tuple(self.known["tool"][n] for n in line.get("tools", ())),
            self.known["output"][line["output"]] if "output" in line else "",
            settings_text(line.get("settings") or _temperature_of(line)),
        )
        answered = str(line.get("answered", ""))
        return Entry(int(line["call"]), str(line["model"]), content, told, answered)


def _temperature_of(line: Mapping[str, Any]) -> dict[str, Any]:
    """Read the one setting that files of before had."""
    return {"temperature": line["temperature"]} if "temperature" in line else {}


def _first_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.readline(1_000_000).decode("utf-8", "replace")
    except OSError as error:
        raise _unusable(path, error) from error


def _header(path: Path, line: str) -> dict[str, Any]:
    try:
        read: Any = json.loads(line)
    except ValueError:
        read = None
    version = cast("dict[str, Any]", read).get(_MARK) if isinstance(read, dict) else None
    if version is None:
        what = f"{path} is no recording of a conversation with models"
        raise ConfigError(what, "Name a file that batuta recorded, or a new one to record into.")
    if version != VERSION:
        raise ConfigError(f"{path} is a recording of version {version}", "Record it again.")
    return cast("dict[str, Any]", read)


def _line(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False) + "\n"


def _unusable(path: Path, error: Exception) -> ConfigError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ConfigError(f"Recording {path} cannot be used: {why}", "Name another file.")
