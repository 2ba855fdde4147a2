"""Folders for data that nobody needs once a sample is taken."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of one's own is made in it


@contextmanager
def scratch_folder() -> Generator[Path]:
    """Make a folder for the block, in memory where the machine keeps files there.

    A store that waits for the disk at every write would otherwise measure the disk.
    """
    inside = IN_MEMORY if os.access(IN_MEMORY, os.W_OK | os.X_OK) else None
    with TemporaryDirectory(prefix="batuta-lab-", dir=inside) as folder:
        yield Path(folder)
