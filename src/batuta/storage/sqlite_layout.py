"""What a SQLite file of ours holds: made whole, told from others, brought up to date."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkstemp
from threading import Event

from batuta.core.slots import new_dict
from batuta.errors import ConfigError, StoreBusy, StoreUnusable

MEMORY = ":memory:"
_WAL_TRIES = 100
_PLACE_LOOKS, _PLACE_S = 10, 0.02
# What a wrong statement of ours raises, rather than a file that is wrong.
_BUGS = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.NotSupportedError)
_RESTORE = (
    "Stop what uses it; put it back from a backup, without the -wal and -shm files beside it, or "
    "move it away to begin anew."
)

Migration = Callable[[sqlite3.Connection], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """What a file holds, and how it is told from others.

    Args:
        what: What to call such a file, as in "Bookings database".
        application: Four bytes in the file's header, all our own.
        version: Of the schema; a file with a higher one is refused.
        schema: Statements that make a new file.
        migrations: By version, what makes such a file one of the next version.
        busy: Makes the error for a file that others keep locked, from its name and the seconds.
    """

    what: str
    application: int
    version: int
    schema: tuple[str, ...]
    migrations: Mapping[int, Migration] = field(default_factory=new_dict)
    busy: Callable[[str, float], Exception] = StoreBusy


def connected(path: str, layout: Layout, busy_timeout_s: float, *, new: bool) -> sqlite3.Connection:
    """Open a file, made with its folder where there is none, and bring it up to date.

    Args:
        new: Whether it may be made; it may not where it has been open before.

    Raises:
        ConfigError: It is another program's, or of another version than can be read.
        OSError: It cannot be made.
        sqlite3.Error: It cannot be opened.
        StoreUnusable: It has gone, or is empty.
    """
    if path != MEMORY:
        _check_there(path, layout, new=new)
    db = sqlite3.connect(
        path,
        timeout=busy_timeout_s,
        isolation_level=None,
        check_same_thread=False,  # but for being forgotten
    )
    try:
        if path == MEMORY:
            _fill(db, layout)
        _prepare(db, path, layout)
    except BaseException:
        db.close()
        raise
    return db


def identity(path: str) -> tuple[int, int]:
    """Tell a file from another that stands in its place.

    Raises:
        FileNotFoundError: There is none, or nothing is in it.
    """
    found = Path(path).stat()
    if not found.st_size:
        raise FileNotFoundError(path)
    return found.st_dev, found.st_ino


def gone(path: str, layout: Layout) -> Exception:
    """Make the error for a file that was removed, replaced or emptied while it was open."""
    detail = "is gone: its file was removed, replaced or emptied while it was in use"
    return told(StoreUnusable(layout.what, detail, _RESTORE), path)


def failure(error: Exception, path: str, layout: Layout, *, waited_s: float) -> Exception:
    """Give our error for what SQLite or the disk says; a fault of ours stays what it is."""
    if is_busy(error):
        return told(layout.busy(layout.what, waited_s), path)
    if isinstance(error, _BUGS) or not isinstance(error, OSError | sqlite3.DatabaseError):
        return error
    mend = "See that the disk has room and the file can be written; else restore it."
    return told(StoreUnusable(layout.what, f"cannot be used ({_said(error)})", mend), path)


def misplaced(error: Exception, path: str, layout: Layout) -> Exception | None:
    """Give our error where a file cannot be opened or made there; None for other reasons."""
    if isinstance(error, OSError):
        wrong = error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO)
    else:
        wrong = _code(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
    if not wrong:
        return None
    mend = "Point to a file that can be written, in a folder that can be made."
    return told(ConfigError(f"{layout.what}: {_said(error)}", mend), path)


def _said(error: Exception) -> str:
    said = error.strerror if isinstance(error, OSError) else None
    return said or str(error)


def told(error: Exception, path: str) -> Exception:
    """Note which file it is, for those who keep it: users are not told paths."""
    error.add_note(f"File: {path}")
    return error


def is_busy(error: BaseException) -> bool:
    """Tell whether others keep the file locked."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _code(error: BaseException) -> int:
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


@contextmanager
def transaction(db: sqlite3.Connection) -> Generator[None]:
    """Do everything within or nothing, with the file's write lock from the start."""
    # IMMEDIATE takes the lock first, so nothing that was read can change before the write.
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


@contextmanager
def snapshot(db: sqlite3.Connection) -> Generator[None]:
    """Read several times what stood at one moment, whatever others write."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("COMMIT")


def _check_there(path: str, layout: Layout, *, new: bool) -> None:
    file = Path(path)
    if not file.exists():
        if not new:
            raise gone(path, layout)
        file.parent.mkdir(parents=True, exist_ok=True)
        make_whole(file, lambda db: _fill(db, layout))
    if is_empty(file):
        # Nobody can know what it held: a new one is never made in its place without a word.
        raise told(StoreUnusable(layout.what, "is an empty file", _RESTORE), path)


def is_empty(file: Path) -> bool:
    """Tell whether nothing is in a file, and nobody is about to put something into its place."""
    for _ in range(_PLACE_LOOKS):
        if file.stat().st_size:
            return False
        Event().wait(_PLACE_S)  # in the file's own thread
    return True


def make_whole(file: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Make a file whole and aside, and put it in its place if nobody else has meanwhile."""
    handle, name = mkstemp(dir=file.parent, prefix=f".{file.name}.")  # nobody else may read it
    os.close(handle)
    draft = Path(name)
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as db, transaction(db):
            fill(db)
        with suppress(FileExistsError):  # somebody else was faster: theirs stays
            _place(draft, file)
    finally:
        draft.unlink(missing_ok=True)


def _place(draft: Path, file: Path) -> None:
    """Put a file in its place, and never in that of another.

    Raises:
        FileExistsError: There is one.
    """
    try:
        os.link(draft, file)
    except FileExistsError:
        raise
    except (OSError, AttributeError):  # a file system, or a platform, without links
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        draft.replace(file)  # of the empty file that is ours: nobody takes that for a store


def _fill(db: sqlite3.Connection, layout: Layout) -> None:
    for statement in layout.schema:
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {layout.application}")
    db.execute(f"PRAGMA user_version = {layout.version}")


def _prepare(db: sqlite3.Connection, path: str, layout: Layout) -> None:
    with transaction(db):
        application = db.execute("PRAGMA application_id").fetchone()[0]
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if application != layout.application:
            mend = "Point to another file; this one belongs to another program."
            raise told(ConfigError(f"The file is not a {layout.what.lower()}", mend), path)
        try:
            _migrate(db, layout, version)
        except ConfigError as error:
            raise told(error, path) from None
    _use_wal(db)
    db.execute("SELECT 1 FROM sqlite_master").fetchone()  # its WAL is there from now on
    # FULL: a commit is on the disk when it returns; NORMAL loses the last with the power.
    db.execute("PRAGMA synchronous = FULL")
    # macOS's plain fsync leaves data in the drive's cache; elsewhere this does nothing.
    db.execute("PRAGMA fullfsync = ON")
    db.execute("PRAGMA temp_store = MEMORY")  # what undoes one write of many is soon forgotten


def _migrate(db: sqlite3.Connection, layout: Layout, version: int) -> None:
    """Bring the schema up to date, version by version."""
    how = ""
    if version > layout.version:
        how = f"newer than {layout.version}"
    elif any(number not in layout.migrations for number in range(version, layout.version)):
        how = f"which cannot be brought up to {layout.version}"
    if how:
        mend = "Update batuta, or point to another file."
        raise ConfigError(f"{layout.what} has schema {version}, {how}", mend)
    for number in range(version, layout.version):
        layout.migrations[number](db)
        db.execute(f"PRAGMA user_version = {number + 1}")


def _use_wal(db: sqlite3.Connection) -> None:
    # Changing the mode of a file that others use fails without waiting (SQLite avoids a deadlock
    # so); an empty transaction waits for its turn, then the mode is changed already or can be.
    for left in reversed(range(_WAL_TRIES)):
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not left or not is_busy(error):
                raise
            with transaction(db):
                pass
        else:
            return
