"""A laptop on DynamoDB: the stand-in in one process, the command line in others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.command_line import ENTRY, batuta

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def exported(tmp_path: Path) -> Iterator[dict[str, str]]:
    """What ``batuta standin --aws`` says to set, while it runs."""
    with subprocess.Popen(
        [*ENTRY, "standin", "--aws", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        env={**os.environ, "BATUTA_TABLE": "club"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        said = next(line for line in lines if line.startswith("To use it"))
        yield dict(word.split("=", 1) for word in said.split() if "=" in word)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")


def test_what_the_stand_in_prints_takes_every_command_to_its_table(
    exported: dict[str, str], tmp_path: Path
) -> None:
    assert exported["BATUTA_TABLE"] == "club"
    looked = batuta(tmp_path, "doctor", env=exported)
    assert "DynamoDB table club opens" in looked.stdout
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
