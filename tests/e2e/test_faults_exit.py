"""A plan ends the process of a durable run once its write is done; the next life tells of it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.command_line import NOW
from tests.e2e.placed import ROOT, booked
from tests.patience import scaled

pytestmark = pytest.mark.e2e
_PROGRAM = """
import asyncio, sys
from pathlib import Path

from batuta.core.ask import Ask
from batuta.settings import Settings
from batuta.testing import faults
from batuta.wiring import Assistants, open_app


async def main(home, now):
    settings = Settings(home=home, now=now, durable="sqlite")
    with faults("process-exit:book", marks=home / "marks"):
        async with Assistants(await open_app("tennis", settings), settings) as house:
            club = await house.style("d")
            ask = Ask(text="Book court A tomorrow at 3pm", request_key="once")
            print((await club.answer(ask)).text)


asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
"""


def life(home: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", _PROGRAM, str(home), NOW]
    return subprocess.run(
        words, capture_output=True, text=True, cwd=ROOT, timeout=scaled(60), check=False
    )


def test_a_process_that_ends_after_its_write_books_once_and_says_so(tmp_path: Path) -> None:
    first = life(tmp_path)
    assert first.returncode == -signal.SIGKILL, first.stderr
    assert booked(tmp_path) == ["2026-03-03T15:00/A"]

    second = life(tmp_path)
    assert (second.returncode, booked(tmp_path)) == (0, ["2026-03-03T15:00/A"]), second.stderr
    assert "Your booking id is BK-" in second.stdout
