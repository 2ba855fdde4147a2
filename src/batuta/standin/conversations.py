"""Conversations that a stand-in keeps for its clients, as a managed agent's provider does."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batuta.core.message import Message

_TABLE = "CREATE TABLE IF NOT EXISTS talks (name TEXT PRIMARY KEY, talk TEXT NOT NULL)"
_KEEP = "INSERT INTO talks VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET talk = excluded.talk"
_WAIT_S = 5.0


@dataclass(slots=True)
class KeptConversation:
    """One conversation: what was said, and a wish that waits for its results.

    Args:
        invocation: Id of the wish.
        attributes: Session attributes, which last as long as the conversation.
    """

    history: list[Message] = field(default_factory=list[Message])
    wished: Message | None = None
    invocation: str = ""
    attributes: dict[str, str] = field(default_factory=dict[str, str])

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data; ``from_json`` reverses it."""
        return {
            "history": [message.to_json() for message in self.history],
            "wished": None if self.wished is None else self.wished.to_json(),
            "invocation": self.invocation,
            "attributes": self.attributes,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> KeptConversation:
        """Read what ``to_json`` wrote."""
        wished = raw["wished"]
        return cls(
            [Message.from_json(message) for message in raw["history"]],
            None if wished is None else Message.from_json(wished),
            raw["invocation"],
            raw["attributes"],
        )


class KeptConversations:
    """Keeps conversations by name.

    Args:
        file: A SQLite file that other processes may use too; None keeps them in memory.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._here: dict[str, str] = {}

    def load(self, name: Sequence[str]) -> KeptConversation:
        """Give a conversation, a new one where there is none of that name."""
        kept = self._read(_key(name))
        return KeptConversation() if kept is None else KeptConversation.from_json(json.loads(kept))

    def keep(self, name: Sequence[str], talk: KeptConversation) -> None:
        """Write a conversation down."""
        written = json.dumps(talk.to_json())
        if self._file is None:
            self._here[_key(name)] = written
            return
        with closing(self._open(self._file)) as database, database:
            database.execute(_KEEP, (_key(name), written))

    def _read(self, key: str) -> str | None:
        if self._file is None:
            return self._here.get(key)
        with closing(self._open(self._file)) as database:
            row = database.execute("SELECT talk FROM talks WHERE name = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def _open(self, file: Path) -> sqlite3.Connection:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        database = sqlite3.connect(file, timeout=_WAIT_S)
        database.execute(_TABLE)
        return database


def _key(name: Sequence[str]) -> str:
    return "/".join(name)
