"""A laptop on DynamoDB: the stand-in in one process, the command line in others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.command_line import ENTRY, batuta
from tests.e2e.http_server import NOW, serving
from tests.patience import plain_client, scaled

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@contextmanager
def standing_in(folder: Path, *options: str) -> Iterator[list[str]]:
    """Run ``batuta standin --aws``; give what it says, to its last line."""
    with subprocess.Popen(
        [*ENTRY, "standin", "--aws", "--port", "0", *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
        env={**os.environ, "BATUTA_TABLE": "club"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        lines: list[str] = []
        for line in iter(process.stdout.readline, ""):
            lines.append(line)
            if line.startswith("To use it"):
                break
        yield lines
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=scaled(30))
    assert (process.returncode, errors) == (0, "")


def to_set(lines: list[str]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in lines[-1].split() if "=" in word)


@pytest.fixture
def exported(tmp_path: Path) -> Iterator[dict[str, str]]:
    """What ``batuta standin --aws`` says to set, while it runs."""
    with standing_in(tmp_path) as lines:
        yield to_set(lines)


MANY = """
from batuta import App, tool

def made(number):
    @tool(name=f"tool_{number}")
    async def work() -> str:
        \"\"\"Do some work.\"\"\"
        return "done"
    return work

few = App(name="few", instructions="Work.", tools=(made(1),))
many = App(name="many", instructions="Work.", tools=tuple(made(n) for n in range(12)))
"""


@pytest.mark.parametrize(
    ("name", "told"),
    [("few", "App few, gives control back for tool_1"), ("many", "none. The Bedrock Agent's")],
)
def test_the_stand_ins_agent_is_that_of_the_app_where_aws_would_take_it(
    tmp_path: Path, name: str, told: str
) -> None:
    (tmp_path / "mine.py").write_text(MANY)
    with standing_in(tmp_path, "--app", f"mine:{name}") as lines:
        (agent,) = [line for line in lines if line.startswith("Agent ")]
        assert told in agent
        assert ("BATUTA_BEDROCK_AGENT" in to_set(lines)) is (name == "few")


def test_what_the_stand_in_prints_takes_every_command_to_its_table(
    exported: dict[str, str], tmp_path: Path
) -> None:
    assert exported["BATUTA_TABLE"] == "club"
    looked = batuta(tmp_path, "doctor", env=exported)
    assert "DynamoDB table club can be read and written" in looked.stdout
    talked = batuta(
        tmp_path, "chat", "--style", "d", said="Book a court tomorrow at 3pm\n", env=exported
    )
    assert talked.returncode == 0, talked.stderr
    assert "booking id is BK-" in talked.stdout
    booked = json.loads(batuta(tmp_path, "tennis", "bookings", "--json", env=exported).stdout)
    assert [each["slot_id"] for each in booked] == ["2026-03-03T15:00/A"]
    runs = json.loads(batuta(tmp_path, "runs", "--json", env=exported).stdout)
    assert len(runs) == 1
    assert not list(tmp_path.rglob("*.db"))


def test_style_h_asks_the_stand_ins_agent_by_the_client_that_aws_is_asked_by(
    exported: dict[str, str], tmp_path: Path
) -> None:
    said = "What is open tomorrow at 5pm?\nthe second one\n"
    talked = batuta(tmp_path, "chat", "--style", "h", "--json", said=said, env=exported)
    assert talked.returncode == 0, talked.stderr
    asked, booked = map(json.loads, talked.stdout.splitlines())
    assert "Court B" in asked["reply"]
    assert "booking id is BK-" in booked["reply"]
    assert (booked["stand_in"], booked["cost_usd"]) == (True, 0.0)

    kept = json.loads(batuta(tmp_path, "tennis", "bookings", "--json", env=exported).stdout)
    assert [each["slot_id"] for each in kept] == ["2026-03-03T17:00/B"]
    assert not list(tmp_path.rglob("*.db"))  # the conversation is the agent's own

    wrong = {**exported, "BATUTA_BEDROCK_AGENT": "STANDIN000/OTHER"}
    refused = batuta(tmp_path, "chat", "--style", "h", "--message", "Hello", env=wrong)
    assert refused.returncode != 0
    assert "Set BATUTA_BEDROCK_AGENT" in refused.stderr


def test_the_api_serves_style_h_by_the_stand_ins_agent(
    exported: dict[str, str], tmp_path: Path
) -> None:
    settings = {
        name.removeprefix("BATUTA_").lower(): value
        for name, value in exported.items()
        if name.startswith("BATUTA_")
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in exported.items():
            patch.setenv(name, value)
        with serving(tmp_path, settings) as server:
            body = {"message": "Book Court C on 2019-03-02 at 6pm"}
            with plain_client(base_url=server.address) as client:
                answer = client.post("/styles/h/chat", json=body, headers=NOW)
    assert answer.status_code == 200, answer.text
    kept = json.loads(batuta(tmp_path, "tennis", "bookings", "--json", env=exported).stdout)
    assert [each["slot_id"] for each in kept] == ["2019-03-02T18:00/C"]


def test_a_table_that_is_not_there_is_said_with_what_to_do(
    exported: dict[str, str], tmp_path: Path
) -> None:
    done = batuta(tmp_path, "runs", env={**exported, "BATUTA_TABLE": "nowhere"})
    assert done.returncode == 3
    assert "There is no DynamoDB table nowhere" in done.stderr
    assert "standin --aws" in done.stderr


def test_command_lines_that_race_for_one_court_get_it_once(
    exported: dict[str, str], tmp_path: Path
) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda n: talk(tmp_path, exported, f"user{n}"), range(4)))
    assert sum("booking id is BK-" in each for each in done) == 1
    booked = json.loads(batuta(tmp_path, "tennis", "bookings", "--json", env=exported).stdout)
    assert len(booked) == 1


def talk(folder: Path, env: dict[str, str], user: str) -> str:
    words = "Book court B tomorrow at 4pm\n"
    done = batuta(folder, "chat", "--style", "d", "--user", user, said=words, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout
