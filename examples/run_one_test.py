"""Runs one test of a draft, in a process that limits itself first.

Started by ``reflect_on_code.py`` in a folder of its own with ``draft.py`` and ``tests.py``:
``python -IB run_one_test.py test_name``. The limits stop accidents: endless loops, too much memory,
files elsewhere, the network, other programs. They are no jail: hostile code belongs in a container.
"""

from __future__ import annotations

import ctypes
import os
import resource
import runpy
import sys
from pathlib import Path

CPU_S = 1
MEMORY_BYTES = 512 * 2**20
FILE_BYTES = 2**20
OPEN_FILES = 32
DENIED = (
    *("socket.", "subprocess.", "os.fork", "os.exec", "os.posix_spawn", "os.spawn", "os.system"),
    *("ctypes.", "os.kill", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink"),
    *("os.chmod", "os.chown", "os.truncate", "shutil.", "pty.", "signal.pthread_kill"),
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000


def limit() -> None:
    """Limit this process: time, memory, files, network, programs."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # A network without a device; where the system refuses, the hook below stands alone.
        ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NETWORK)
    folder = str(Path.cwd().resolve())

    def refuse(event: str, details: tuple[object, ...]) -> None:
        if event.startswith(DENIED):
            raise PermissionError(f"{event} is not allowed here")
        if event == "open" and isinstance(details[2], int) and details[2] & _WRITES:
            path = os.path.realpath(str(details[0]))
            if not path.startswith(f"{folder}{os.sep}"):
                raise PermissionError(f"writing to {path} is not allowed here")

    sys.addaudithook(refuse)


def main(test: str) -> None:
    """Run the draft, then the test on what it defines; the last line says that it passed."""
    limit()
    draft = runpy.run_path("draft.py")
    names = runpy.run_path("tests.py", init_globals=draft)
    names[test]()
    print(f"\n{test} passed", flush=True)


if __name__ == "__main__":
    main(sys.argv.pop())
