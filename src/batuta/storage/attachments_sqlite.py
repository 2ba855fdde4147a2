"""The bytes of images and files in a SQLite file, beside that of sessions and records."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from batuta.core.attachment import Attachment
from batuta.core.clock import Clock, SystemClock
from batuta.storage.sqlite_file import SqliteStore
from batuta.storage.sqlite_layout import Layout

_DAY_S = 86_400
_SCHEMA = (
    """CREATE TABLE attachments (
        session_id   TEXT NOT NULL,
        principal_id TEXT NOT NULL,
        digest       TEXT NOT NULL,
        used_at      INTEGER NOT NULL,
        content      BLOB NOT NULL,
        PRIMARY KEY (session_id, principal_id, digest)
    )""",
    "CREATE INDEX attachments_by_use ON attachments (used_at)",
)
LAYOUT = Layout(
    what="Database of images and files",
    application=0x42544154,  # "BTAT"
    version=1,
    schema=_SCHEMA,
)


class SqliteAttachments(SqliteStore):
    """An ``AttachmentStore`` in a file.

    Args:
        path: The file, made with its folder at the first use; ``:memory:`` keeps nothing.
        keep_days: Days after its last use that an image or a file is kept.
        clock: Says what has expired; None takes the machine's.
        busy_timeout_s: How long to wait for others' writes before ``StoreBusy``.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        keep_days: float = 90,
        clock: Clock | None = None,
        busy_timeout_s: float = 10.0,
    ) -> None:
        super().__init__(path, LAYOUT, busy_timeout_s)
        self._keep_s, self._clock = int(keep_days * _DAY_S), clock or SystemClock()

    async def put(
        self, session_id: str, principal_id: str, attachments: Sequence[Attachment]
    ) -> None:
        """See ``AttachmentStore.put``; what has expired is removed on the way."""
        now = self._now()
        rows = [
            (session_id, principal_id, each.digest, now, each.data)
            for each in attachments
            if each.content is not None
        ]

        def write(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM attachments WHERE used_at <= ?", (now - self._keep_s,))
            db.executemany(_PUT, rows)

        if rows:
            await self.file.write(write)

    async def get(
        self, session_id: str, principal_id: str, digests: Sequence[str]
    ) -> Mapping[str, bytes]:
        """See ``AttachmentStore.get``; what is read once a day stays for as long again."""
        now = self._now()
        whose = (session_id, principal_id, now - self._keep_s)

        def read(db: sqlite3.Connection) -> list[tuple[str, int, bytes]]:
            return [row for digest in digests for row in db.execute(_GET, (*whose, digest))]

        found = await self.file.read(read)
        old = [(now, *whose[:2], digest) for digest, used, _ in found if used <= now - _DAY_S]
        if old:
            await self.file.write(lambda db: db.executemany(_USE, old))
        return {digest: content for digest, _, content in found}

    async def delete(self, session_id: str, principal_id: str) -> None:
        """See ``AttachmentStore.delete``."""
        whose = (session_id, principal_id)
        await self.file.write(lambda db: db.execute(_DELETE, whose))

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


_PUT = (
    "INSERT INTO attachments (session_id, principal_id, digest, used_at, content) "
    "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET used_at = excluded.used_at"
)
_GET = (
    "SELECT digest, used_at, content FROM attachments "
    "WHERE session_id = ? AND principal_id = ? AND used_at > ? AND digest = ?"
)
_USE = "UPDATE attachments SET used_at = ? WHERE session_id = ? AND principal_id = ? AND digest = ?"
_DELETE = "DELETE FROM attachments WHERE session_id = ? AND principal_id = ?"
