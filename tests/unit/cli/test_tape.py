"""``batuta chat --record`` and ``--replay``."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from batuta.app import App
from batuta.cli.tape import Tape
from batuta.core.message import Message
from batuta.core.model import ModelRequest
from batuta.core.redaction import Secret
from batuta.settings import Settings, VendorSettings
from tests.unit.cli.conftest import Batuta
from tests.unit.models.vendors.socket_server import serving
from tests.unit.models.vendors.wires import KEY, RESPONSES

SAID = ("--message", "Book a court tomorrow at 3pm")
CHAT = ("chat", "--style", "d", "--json")


@pytest.fixture
def talk(batuta: Batuta, tmp_path: Path) -> Path:
    """A recorded conversation."""
    batuta(*CHAT, *SAID, "--record", "talk.jsonl")
    return tmp_path / "talk.jsonl"


def test_a_recording_says_which_app_and_when(talk: Path) -> None:
    first = json.loads(talk.read_text().splitlines()[0])
    assert first == {"batuta recording": 1, "app": "tennis", "now": "2026-03-02T09:00"}


def test_a_replay_takes_its_clock_from_the_recording_and_leaves_nothing_behind(
    talk: Path, batuta: Batuta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BATUTA_NOW")
    before = {p.name: p.stat().st_mtime_ns for p in (tmp_path / ".batuta").iterdir()}

    done = batuta(*CHAT, *SAID, "--replay", "talk.jsonl")

    turn = json.loads(done.stdout)
    assert (done.exit_code, turn["error"]) == (0, None), done.stderr
    assert "Tuesday 3 March 2026, 15:00" in turn["reply"]
    assert (turn["stand_in"], turn["cost_usd"]) == (True, 0.0)
    assert {p.name: p.stat().st_mtime_ns for p in (tmp_path / ".batuta").iterdir()} == before


def test_a_replay_says_that_it_is_one_and_not_that_a_stand_in_answers(
    talk: Path, batuta: Batuta
) -> None:
    done = batuta("chat", "--style", "d", *SAID, "--replay", "talk.jsonl")

    assert "A replay of talk.jsonl, in which offline:rules answered" in done.stderr
    assert "Nothing of it is kept" in done.stderr
    assert "stand-in" not in done.stderr


def test_what_was_not_asked_for_is_counted(talk: Path, batuta: Batuta) -> None:
    done = batuta(*CHAT, "--message", "/help", "--replay", "talk.jsonl")

    assert "3 recorded calls were not asked for." in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--record", "a", "--replay", "b"), "Give one of them."),
        (("--replay", "nowhere.jsonl"), "Recording nowhere.jsonl cannot be used"),
        (("--replay", "notes.txt"), "notes.txt is no recording"),
    ],
)
def test_what_cannot_be_replayed_is_said_in_one_line(
    batuta: Batuta, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    (tmp_path / "notes.txt").write_text("mine\n")

    done = batuta(*CHAT, *SAID, *words)

    assert done.exit_code == 3
    assert says in done.stderr
    assert done.stdout == ""


async def test_the_models_that_were_recorded_are_closed_with_the_app(tmp_path: Path) -> None:
    closed: list[str] = []

    async def close() -> None:
        closed.append("app")

    async with serving(RESPONSES.text("Hello.")) as server:
        openai = VendorSettings(key=Secret(KEY), base_url=f"{server.url}/v1")
        settings = Settings(home=tmp_path, vendors={"openai": openai}, model=RESPONSES.model)
        tape = Tape(settings, recorded=tmp_path / "talk.jsonl")
        app = tape.on(App(name="desk", instructions="", tools=[], close=close))
        model: Any = app.models["default"]
        assert (await model.reply(ModelRequest([Message.user("Hi")]))).text == "Hello."
        assert app.close is not None
        await app.close()
        await asyncio.wait_for(server.left.wait(), 20)
    assert closed == ["app"]


def test_notes_are_not_recorded_over(batuta: Batuta, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine\n")

    done = batuta(*CHAT, *SAID, "--record", "notes.txt")

    assert json.loads(done.stdout)["error"]["code"] == "config"
    assert done.exit_code == 3
    assert (tmp_path / "notes.txt").read_text() == "mine\n"


def test_models_of_single_steps_are_recorded_and_replayed_too(
    batuta: Batuta, tmp_path: Path
) -> None:
    (tmp_path / "batuta.toml").write_text('[models]\nparse = "offline:rules"\n')
    words = ("chat", "--style", "b", "--json", *SAID)
    live = json.loads(batuta(*words, "--record", "b.jsonl").stdout)

    done = batuta(*words, "--replay", "b.jsonl")

    again = json.loads(done.stdout)
    assert again["error"] is None, again
    assert again["reply"][:40] == live["reply"][:40]
    assert "not asked for" not in done.stderr
