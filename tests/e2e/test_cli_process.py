"""The process around a command: signals, pipes that break, streams of any encoding, exit codes."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.command_line import ENTRY, batuta, surroundings
from tests.patience import plain_client, scaled

pytestmark = pytest.mark.e2e

SLOW = """
import asyncio
from pathlib import Path
from batuta import App, ModelReply

class Slow:
    name = "scripted:slow"

    async def reply(self, request, emit=lambda piece: None):
        said = request.messages[-1].text
        if said == "slow":
            emit("Let me see")
            Path("asked").touch()
            await asyncio.sleep(60)
        turns = sum(m.role == "user" for m in request.messages)
        return ModelReply(f"turn {turns}", model=self.name)

app = App(name="slow", instructions="Wait.", tools=(), models={"default": Slow()})
"""
CHAT = ["chat", "--style", "d", "--app", "slowly:app"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "slowly.py").write_text(SLOW)
    return tmp_path


def wait_for(path: Path) -> None:
    for _ in range(300):
        if path.exists():
            return
        time.sleep(0.1)
    raise TimeoutError(path)


@contextmanager
def started(folder: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [*ENTRY, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=surroundings(folder),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_interrupt_during_a_turn_leaves_the_session_unharmed(folder: Path) -> None:
    with started(folder, *CHAT, "--json") as process:
        assert process.stdin is not None
        process.stdin.write(b"one\nslow\nnever said\n")
        process.stdin.flush()
        wait_for(folder / "asked")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=scaled(20))

    (turn,) = [json.loads(line) for line in out.splitlines()]
    assert process.returncode == 130
    assert b"Cancelled" in err
    assert b"Traceback" not in err
    after = batuta(folder, *CHAT, "--json", "--session", turn["session_id"], "--message", "two")
    assert json.loads(after.stdout)["reply"] == "turn 2"
    stops = [run["stop_reason"] for run in json.loads(batuta(folder, "runs", "--json").stdout)]
    assert stops == ["done", "cancelled", "done"]


def test_killed_process_leaves_the_session_as_it_was(folder: Path) -> None:
    with started(folder, *CHAT, "--json") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"one\nslow\n")
        process.stdin.flush()
        turn = json.loads(process.stdout.readline())
        wait_for(folder / "asked")
        process.kill()

    after = batuta(folder, *CHAT, "--json", "--session", turn["session_id"], "--message", "two")
    assert json.loads(after.stdout)["reply"] == "turn 2"


class Terminal:
    """A person at a keyboard: types, and waits until something is on the screen."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.screen = ""

    def types(self, words: str) -> None:
        os.write(self.descriptor, words.encode())

    def presses_until(self, press: Callable[[], None], words: str, times: int = 30) -> None:
        for _ in range(times - 1):
            press()
            try:
                return self.sees(words, within_s=1)
            except AssertionError:
                continue
        press()
        return self.sees(words)

    def sees(self, words: str, within_s: float = 30) -> None:
        ends = time.monotonic() + within_s
        while words not in self.screen:
            left = ends - time.monotonic()
            assert left > 0, f"{words!r} did not come: {self.screen!r}"
            if select.select([self.descriptor], [], [], left)[0]:
                self.screen += os.read(self.descriptor, 65_536).decode(errors="replace")
        self.screen = self.screen.partition(words)[2]


def test_ctrl_c_cancels_the_turn_and_the_conversation_goes_on(folder: Path) -> None:
    ours, theirs = pty.openpty()
    env = surroundings(folder, TERM="xterm", COLUMNS="80", LINES="24")
    with subprocess.Popen(
        [*ENTRY, *CHAT], stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=env
    ) as process:
        os.close(theirs)
        person = Terminal(ours)
        try:
            person.sees("you> ")
            person.types("one\n")
            person.sees("turn 1")
            person.sees("you> ")
            person.types("slow\n")
            wait_for(folder / "asked")
            person.sees("Let me see")
            process.send_signal(signal.SIGINT)
            person.sees("Cancelled")
            person.sees("you> ")
            person.types("two\n")
            person.sees("turn 2")
            person.sees("you> ")
            # readline shows its prompt a moment before it can be interrupted: press until it hears.
            person.presses_until(lambda: process.send_signal(signal.SIGINT), "/quit leaves")
            person.sees("you> ")
            person.types("\x04")
            assert process.wait(scaled(20)) == 0
        finally:
            process.kill()
            os.close(ours)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which something was run already."""
    folder = tmp_path_factory.mktemp("used")
    batuta(folder, "chat", "--style", "d", "--message", "réservez 東京 – tomorrow at 3pm")
    return folder


@pytest.mark.parametrize("words", [["--help"], ["styles"], ["trace", "last", "--format", "json"]])
def test_reader_that_goes_away_is_no_error_to_report(used: Path, words: list[str]) -> None:
    with started(used, *words) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()

    assert err == b""


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("ascii", ["styles"]),
        ("ascii", ["trace", "last"]),
        ("ascii", ["doctor"]),
        ("ascii", ["runs"]),
        ("cp1252", ["trace", "last"]),
    ],
)
def test_output_fits_any_encoding(used: Path, encoding: str, words: list[str]) -> None:
    done = batuta(used, *words, env={"PYTHONIOENCODING": encoding, "LC_ALL": "C"})

    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize(
    ("words", "env", "code"),
    [
        (["trace", "run_nope"], {}, 4),
        (["chat", "--session", "ses_nope", "--message", "hi"], {}, 4),
        (["chat", "--style", "z", "--message", "hi"], {}, 3),
        (["runs"], {"BATUTA_PORT": "many"}, 3),
        (["runs"], {"BATUTA_HOME": "/proc/nowhere"}, 3),
        (["demo"], {"BATUTA_MODEL": "nobody:nothing"}, 3),
        (["serve", "--host", "0.0.0.0"], {}, 3),  # noqa: S104  it must refuse
        (["serve", "--lab", "--host", "0.0.0.0"], {}, 3),  # noqa: S104
        (["host", "tennis:book", "--host", "0.0.0.0"], {"BATUTA_SECRET": "x" * 32}, 3),  # noqa: S104
        (["up", "c", "--host", "0.0.0.0"], {}, 3),  # noqa: S104
        (["tennis", "slots", "2026-02-30"], {}, 2),
        (["dance"], {}, 2),
    ],
)
def test_error_is_said_on_stderr_with_its_code(
    folder: Path, words: list[str], env: dict[str, str], code: int
) -> None:
    done = batuta(folder, *words, env=env)

    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


def test_home_that_is_another_programs_file_is_refused(folder: Path) -> None:
    (folder / "home").mkdir()
    (folder / "home" / "batuta.db").write_text("not a database, but somebody's notes")

    done = batuta(folder, "runs")

    assert done.returncode == 8
    assert "cannot be used (file is not a database)" in done.stderr
    assert (folder / "home" / "batuta.db").read_text() == "not a database, but somebody's notes"


def test_serve_answers_and_ends_in_good_order(folder: Path) -> None:
    with started(folder, "serve", "--port", "0") as process:
        assert process.stdout is not None
        address = process.stdout.readline().decode().split(" on ")[1].split()[0]
        with plain_client() as client:
            answer = client.post(f"{address}/chat", json={"message": "hello"})
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=scaled(20))

    assert answer.status_code == 200
    assert process.returncode == 0
    assert b"Traceback" not in err


def test_play_opens_the_page_in_the_browser(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = folder / "opened"
    monkeypatch.setenv(
        "BROWSER", f"sh -c 'echo $0 > {opened}.part && mv {opened}.part {opened}' %s"
    )
    with started(folder, "play") as process:
        assert process.stdout is not None
        address = process.stdout.readline().decode().partition(": http")[2].split()[0]
        wait_for(opened)
        with plain_client() as client:
            page = client.get(f"http{address}")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=scaled(20))

    assert opened.read_text().strip() == f"http{address}"
    assert "<!doctype html>" in page.text.lower()
    assert (process.returncode, err) == (0, b"")
