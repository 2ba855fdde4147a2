"""``batuta up`` and ``batuta host`` as processes: what they say, who finds them, what is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from batuta.settings import Settings
from batuta.wiring import Assistants, open_app
from tests.e2e.command_line import NOW, batuta
from tests.e2e.placed import PATIENCE_S, ROOT, alive, booked, up
from tests.patience import scaled

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SECRET = "0123456789abcdef" * 2


def gone(process_id: int) -> bool:
    """Wait until a process that is no child of ours has ended."""
    for _ in range(int(scaled(PATIENCE_S) / 0.05)):
        if not alive(process_id):
            return True
        threading.Event().wait(0.05)
    return False


def run(home: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return batuta(home, *words, env={"BATUTA_HOME": str(home), **env}, limit_s=scaled(PATIENCE_S))


def test_conversation_by_chat_books_through_five_processes(tmp_path: Path) -> None:
    assert "batuta up c" in run(tmp_path, "chat", "--style", "c", "--message", "hi").stderr
    turns = ["I'd like to book a court", "tomorrow", "at 3pm", "make it 4pm", "the second one"]
    talk = [word for turn in turns for word in ("--message", turn)]

    with up(tmp_path, "c") as running:
        done = run(tmp_path, "chat", "--style", "c", "--set", "temperature=0.5", *talk)
        assert done.returncode == 0, done.stderr
        assert "BK-" in done.stdout
        assert booked(tmp_path) == ["2026-03-03T16:00/B"]
        running.says("| answered local in", 5)
        assert not [line for line in running.lines if "3pm" in line], "no word of what was said"

        trace = json.loads(run(tmp_path, "trace", "last", "--format", "json").stdout)
        names = [e["name"] for e in trace["events"] if (e["kind"], e["phase"]) == ("agent", "end")]
        assert names == ["parse", "availability", "choose", "book", "confirm", "workflow"]
        held = [e["data"] for e in trace["events"] if e["kind"] == "model" and e["data"]]
        told = [data["settings"] for data in held if "settings" in data]
        assert told == [{"temperature": 0.5}] * 2, "of the two processes that ask a model"

        taped = run(tmp_path, "chat", "--style", "c", "--record", str(tmp_path / "tape"), *talk)
        assert taped.returncode == 3, "no tape hears the models of other processes"
        assert "B for C" in taped.stderr

        again = run(tmp_path, "up", "c")
        assert again.returncode == 3
        assert "run already" in again.stderr
        listed = json.loads(run(tmp_path, "styles", "--json").stdout)
        here = {style["key"]: style["available"] for style in listed}
        assert (here["b"], here["c"], here["g"]) == (True, True, False)

        processes = running.processes.values()
        assert running.stop(signal.SIGINT) == 0
        assert not list(filter(alive, processes))

    assert "batuta up c" in run(tmp_path, "chat", "--style", "c", "--message", "hi").stderr


def test_nobody_outlives_a_keeper_that_is_killed(tmp_path: Path) -> None:
    with up(tmp_path, "c") as running:
        processes = list(running.processes.values())
        assert len(processes) == 5
        running.stop(signal.SIGKILL)
        assert all(map(gone, processes))

    stale = run(tmp_path, "chat", "--style", "c", "--message", "hi")
    assert stale.returncode == 3
    assert "ended unexpectedly" in stale.stderr
    doctor = json.loads(run(tmp_path, "doctor", "--json").stdout)
    found = {check["name"]: check for check in doctor["checks"]}
    assert "batuta up c" in found["style c"]["found"]


async def test_services_that_were_started_anew_are_found_by_who_runs_on(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, now=NOW)
    async with Assistants(await open_app("tennis", settings), settings) as assistants:
        answers: list[str] = []
        for text in ("Book court A tomorrow at 3pm", "Book court A tomorrow at 4pm"):
            with up(tmp_path, "a") as running:
                record = await (await assistants.style("a")).chat(text)
                answers.append(record.raised().text)
                running.says("| answered local in")

    assert all("BK-" in answer for answer in answers)
    assert booked(tmp_path) == ["2026-03-03T15:00/A", "2026-03-03T16:00/A"]


def test_secret_is_made_anew_and_told_to_nobody(tmp_path: Path) -> None:
    with up(tmp_path, "e", "--home", str(tmp_path)) as running:
        running.says(f"batuta chat --style e --home {tmp_path}, or")
        said = json.loads((tmp_path / "up" / "e.json").read_text())
        (service,) = running.processes.values()
        command = Path(f"/proc/{service}/cmdline")
        words = command.read_bytes().decode() if command.exists() else ""

        assert len(said["secret"]) == 64
        assert said["secret"] not in words + "\n".join(running.lines)
        done = run(tmp_path, "chat", "--style", "e", "--message", "Book a court tomorrow at 3pm")

    assert "BK-" in done.stdout, done.stderr
    assert booked(tmp_path) == ["2026-03-03T15:00/A"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["up", "z"], "no pattern"),
        (["up", "c", "--app", "nowhere:app"], "nowhere"),
        (["host", "tennis"], "names no agent"),
        (["host", "tennis:prase"], "parse"),
        (["host", "tennis:booking", "--style", "c"], "no agent booking"),
        (["host", "tennis:parse"], "BATUTA_SECRET"),
    ],
)
def test_what_cannot_be_started_is_told_in_a_line(
    tmp_path: Path, words: list[str], said: str
) -> None:
    done = run(tmp_path, *words)

    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_one_that_does_not_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    done = run(tmp_path, "up", "e", "--port", "1", BATUTA_SECRET="too short")

    assert done.returncode != 0
    assert "single_agent" in done.stderr
    assert "secret" in done.stderr
    assert not list(tmp_path.glob("up/*.json"))


@contextmanager
def hosting(home: Path, target: str, *words: str) -> Iterator[tuple[Any, subprocess.Popen[str]]]:
    env = {"BATUTA_HOME": str(home), "BATUTA_NOW": NOW, "BATUTA_SECRET": SECRET}
    with subprocess.Popen(
        [sys.executable, "-m", "batuta", "host", target, "--port", "0", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **env},
    ) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline()), process
        finally:
            process.kill()


def test_host_serves_agents_of_any_style_to_whom_the_settings_tell_of_them(tmp_path: Path) -> None:
    with hosting(tmp_path, "tennis:availability,book") as (ready, process):
        assert (ready["event"], ready["style"]) == ("ready", "b")
        assert ready["agents"] == ["availability", "book"]
        (tmp_path / "batuta.toml").write_text(
            f'[placement.b]\navailability = "{ready["address"]}"\nbook = ["{ready["address"]}"]\n'
        )
        wish = ["chat", "--style", "b", "--message", "Book a court tomorrow at 3pm"]
        done = run(tmp_path, *wish, BATUTA_SECRET=SECRET)
        stranger = run(tmp_path, *wish, BATUTA_SECRET="f" * 32)
        nobody = run(tmp_path, *wish)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=scaled(PATIENCE_S))

    assert "BK-" in done.stdout, done.stderr
    assert booked(tmp_path) == ["2026-03-03T15:00/A"]
    assert stranger.returncode == 5, stranger.stderr
    assert nobody.returncode == 3
    assert process.returncode == 0
    assert "book: answered local in" in said


def test_placement_that_names_no_agent_of_the_style_is_refused(tmp_path: Path) -> None:
    (tmp_path / "batuta.toml").write_text('[placement.c]\nprase = "127.0.0.1:1"\n')
    done = run(tmp_path, "chat", "--style", "c", "--message", "hi", BATUTA_SECRET=SECRET)

    assert done.returncode == 3
    assert "prase" in done.stderr
    assert "parse, availability" in done.stderr


def test_health_of_a_host_is_asked_as_a_container_does(tmp_path: Path) -> None:
    def health(address: str) -> int:
        words = [sys.executable, "-W", "error", "-m", "batuta.hosting.health", address]
        return subprocess.run(
            words, cwd=tmp_path, check=False, timeout=scaled(PATIENCE_S)
        ).returncode

    with hosting(tmp_path, "tennis:parse") as (ready, process):
        assert health(ready["address"]) == 0
        process.kill()
        process.wait()
        assert health(ready["address"]) == 1


def test_attached_host_ends_with_its_standard_input(tmp_path: Path) -> None:
    with hosting(tmp_path, "tennis:parse", "--attached") as (_, process):
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(scaled(PATIENCE_S)) == 0


def test_each_process_has_the_model_that_the_settings_name_for_its_agent(tmp_path: Path) -> None:
    (tmp_path / "batuta.toml").write_text('[models]\nchoose = "openai:gpt-5-mini"\n')
    words = [sys.executable, "-m", "batuta", "host", "tennis:parse,choose", "--port", "0"]
    env = {"BATUTA_HOME": str(tmp_path), "BATUTA_NOW": NOW, "BATUTA_SECRET": SECRET}
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env={**os.environ, **env}
    ) as process:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["address"]
        (tmp_path / "batuta.toml").write_text(
            f'[placement.b]\nparse = "{address}"\nchoose = "{address}"\n'
        )
        wish = ["chat", "--style", "b", "--message", "Book a court tomorrow at 3pm"]
        done = run(tmp_path, *wish, BATUTA_SECRET=SECRET)
        process.terminate()

    assert done.returncode != 0
    assert "openai" in done.stderr, "the step asked the model of its own process"
    assert booked(tmp_path) == []


def test_agents_elsewhere_are_recorded_and_replayed_where_they_work(tmp_path: Path) -> None:
    tape, wish = tmp_path / "talk.jsonl", "Book a court tomorrow at 3pm"
    agents = "tennis:parse,availability,choose,book,confirm"
    for way, home in (("--record", tmp_path / "live"), ("--replay", tmp_path / "again")):
        home.mkdir()
        with hosting(home, agents, "--style", "c", way, str(tape)) as (ready, _):
            lines = [f'{name} = "{ready["address"]}"' for name in ready["agents"]]
            (home / "batuta.toml").write_text("\n".join(["[placement.c]", *lines, ""]))
            done = run(home, "chat", "--style", "c", "--message", wish, BATUTA_SECRET=SECRET)
        assert "BK-" in done.stdout, done.stderr
        assert booked(home) == ["2026-03-03T15:00/A"]
    assert [line for line in tape.read_text().splitlines() if '"reply"' in line]
