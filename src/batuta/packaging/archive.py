"""Writes a folder into a zip whose bytes depend on nothing but the folder's content."""

from __future__ import annotations

import hashlib
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_BEGIN = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can hold
_READABLE = 0o644
_REGULAR = 0o100000
_UNIX = 3


def write_zip(folder: Path, target: Path) -> str:
    """Write every file of a folder, sorted by name, and give the zip's SHA-256."""
    files = sorted((f.relative_to(folder).as_posix(), f) for f in folder.rglob("*") if f.is_file())
    with ZipFile(target, "w") as archive:
        for name, file in files:
            entry = ZipInfo(name, _BEGIN)
            entry.create_system = _UNIX
            entry.external_attr = (_REGULAR | _READABLE) << 16
            archive.writestr(entry, file.read_bytes(), ZIP_DEFLATED, 9)
    return hashlib.sha256(target.read_bytes()).hexdigest()
