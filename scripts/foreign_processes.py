"""Servers in processes of their own, for suites that others wrote."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

_START_S = 300.0


@contextmanager
def serving(script: Path, path: str) -> Generator[str]:
    """Run a script of ours that takes a port, until it answers at the path; gives its address."""
    port = free_port()
    process = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, str(script), str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield once_ready(f"http://127.0.0.1:{port}", path, process)
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """Give a port at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def once_ready(address: str, path: str, process: subprocess.Popen[bytes]) -> str:
    """Wait until a server answers, and give its address."""
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(address + path, timeout=5):  # noqa: S310 - our own server
                return address
        except (URLError, OSError):
            time.sleep(0.5)
    raise SystemExit(f"What should listen at {address} did not start.")
