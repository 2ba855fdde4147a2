"""Recorded conversations through each style, replayed: the same replies, the same booking."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from batuta.errors import ReplayMismatch
from batuta.testing.recorded import Recording, RecordingModel, ReplayModel
from tests.e2e.command_line import batuta
from tests.e2e.faults import STYLES
from tests.e2e.recordings import BOOKED, TURNS, converse, plain, recording, replies
from tests.e2e.test_cli_chat import booked as booked_at_home

pytestmark = pytest.mark.e2e
ANEW = "record again: python -m tests.e2e.recordings"


@pytest.mark.parametrize("style", STYLES)
async def test_a_recorded_conversation_replays_to_the_same_replies(
    tmp_path: Path, style: str
) -> None:
    model = ReplayModel(recording(style))

    records, booked = await converse(style, model, tmp_path)

    assert [r.error for r in records] == [None] * len(TURNS), ANEW
    assert [plain(r.text) for r in records] == replies()[style], ANEW
    assert [slot for slot, _ in booked] == BOOKED
    assert model.left == 0
    assert all(r.stand_in for r in records if r.model_calls)
    assert {r.cost.usd for r in records} == {0.0}


@pytest.mark.parametrize("style", STYLES)
async def test_a_replay_tells_the_booking_that_it_made(tmp_path: Path, style: str) -> None:
    records, booked = await converse(style, ReplayModel(recording(style)), tmp_path)

    ((_, booking_id),) = booked
    assert any(booking_id in record.text for record in records)


@pytest.mark.parametrize("style", STYLES)
async def test_a_changed_prompt_ends_the_run_with_a_readable_difference(
    tmp_path: Path, style: str
) -> None:
    prompt = "You book courts for the club.\nBe brief."

    records, booked = await converse(style, ReplayModel(recording(style)), tmp_path, prompt)

    failure = records[-1].failure
    if style == "a":  # its reader has instructions of its own: nothing changed for the model
        assert failure is None
        return
    assert isinstance(failure, ReplayMismatch)
    assert booked == []
    assert "+  Be brief." in failure.difference.splitlines()
    assert any(
        line.startswith("-  You are the booking assistant")
        for line in failure.difference.splitlines()
    )


async def test_a_changed_prompt_of_a_specialist_is_not_taken_for_its_failure(
    tmp_path: Path,
) -> None:
    """The manager would go on and tell the member that the specialist failed."""
    entries = Recording.load(recording("f"))
    manager_only = [e for e in entries.entries if "You manage specialists" in e.content.messages[0]]
    model = ReplayModel(Recording(entries.path, tuple(manager_only), entries.facts))

    records, booked = await converse("f", model, tmp_path)

    assert isinstance(records[-1].failure, ReplayMismatch)
    assert "availability specialist" in records[-1].failure.difference
    assert booked == []


@pytest.mark.parametrize("style", STYLES)
async def test_recording_twice_gives_the_same_file(tmp_path: Path, style: str) -> None:
    model = ReplayModel(recording(style))
    again = tmp_path / "again.jsonl"
    await converse(style, RecordingModel(model, again), tmp_path)

    first, second = (Recording.load(file) for file in (recording(style), again))
    assert [e.content for e in first.entries] == [e.content for e in second.entries]
    assert [e.told for e in first.entries] == [e.told for e in second.entries]


def test_the_files_hold_nothing_that_differs_from_run_to_run() -> None:
    for style in STYLES:
        text = recording(style).read_text()
        for varies in ("run_", "ses_", "msg_", "call_", "BK-"):
            assert varies not in text


WORDS = ("chat", "--style", "d", "--json")
SAID = ("--message", "Book a court tomorrow at 3pm", "--message", "thanks")


def test_a_chat_is_recorded_and_replayed_without_a_model(tmp_path: Path) -> None:
    live = batuta(tmp_path, *WORDS, *SAID, "--record", "talk.jsonl")
    replayed = batuta(tmp_path, *WORDS, *SAID, "--replay", "talk.jsonl", "--home", "other")

    assert (live.returncode, replayed.returncode) == (0, 0), replayed.stderr
    assert "Recording into talk.jsonl" in live.stderr
    assert "A replay of talk.jsonl, in which offline:rules answered" in replayed.stderr
    assert told(live.stdout) == told(replayed.stdout)
    assert booked_at_home(tmp_path) == ["2026-03-03T15:00/A"]
    assert (tmp_path / "other" / "tennis.db").exists()


def told(stdout: str) -> list[str]:
    return [plain(json.loads(line)["reply"]) for line in stdout.splitlines()]


def test_a_replay_that_asks_for_something_else_fails_with_the_difference(tmp_path: Path) -> None:
    batuta(tmp_path, *WORDS, *SAID, "--record", "talk.jsonl")

    other = ("--message", "Book a court tomorrow at 4pm")
    done = batuta(tmp_path, *WORDS, *other, "--replay", "talk.jsonl", "--home", "other")

    assert done.returncode == 10
    assert json.loads(done.stdout)["error"]["code"] == "replay_mismatch"
    assert "-  Book a court tomorrow at 3pm\n+  Book a court tomorrow at 4pm\n" in done.stderr
    assert "batuta: Recording talk.jsonl: call 1 of this replay is not in it." in done.stderr
    assert "recorded calls were not asked for" in done.stderr


def test_a_killed_recording_replays_up_to_there(tmp_path: Path) -> None:
    file = tmp_path / "talk.jsonl"
    lines = recording("d").read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-1]) + lines[-1][:30])

    records, _ = asyncio.run(converse("d", ReplayModel(file), tmp_path))

    assert [r.error is None for r in records] == [True] * (len(TURNS) - 1) + [False]
    assert "its last line was cut off" in records[-1].text
