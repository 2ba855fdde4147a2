"""Measures the offline model on a set of sentences written for it: days, wishes, talks.

    python -m bench.language_sets [SET ...] [--styles abcdefgh] [--only NAME ...] [--shown]

A set is a folder under ``bench/frames``. ``dates`` and ``utterances`` are read into a form, as in
``bench.language``; the rest is played in this process through each style, each talk at a club of
its own, so that a court booked wrongly hides no other.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from batuta.assistant import Ask, Assistant
from batuta.core.principal import Principal
from batuta.core.redaction import Secret
from batuta.settings import Settings
from batuta.tennis.app import tennis_app
from batuta.wiring import open_tennis
from bench.language import judge_datetime, judge_utterance
from bench.language_apps import parcels, restaurant
from bench.language_doubt import AGAIN, FRAMES, placed
from bench.language_unseen import OFFER, clinic, meant
from examples import library

SETS = (
    *("third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh"),
    *("twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth"),
)
SEEN_FROM = "2026-03-02T06:00:00"
PLAYED = ("nothing", "no_consent", "consent", "positive", "dialogues", "other")
APPS = {"clinic": clinic, "restaurant": restaurant, "parcels": parcels}
Verdict = tuple[str, str, bool, bool]
"""What was said, what came of it, whether something was booked, and whether that was right."""


def lines_of(folder: Path, name: str) -> Iterator[str]:
    """Give the rows of a file of a set, none where it is not there."""
    path = folder / f"{name}.txt"
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        if line.strip() and not line.startswith("# "):
            yield line.strip()


def _reading(text: str) -> dict[str, str]:
    """Read ``2026-03-03 16:00``, ``16:00-18:00``, ``-18:00`` or ``-``, which says nothing."""
    found: dict[str, str] = {}
    for word in text.split():
        if re.fullmatch(r"\d{4}-\d\d-\d\d", word):
            found["date"] = word
        elif "-" in word and word != "-":
            start, _, end = word.partition("-")
            found |= {k: v for k, v in (("time_from", start), ("time_to", end)) if v}
        elif word != "-":
            found["time"] = word
    return found


def _row(line: str) -> dict[str, Any]:
    kind, text, said = (part.strip() for part in line.split(" | "))
    row: dict[str, Any] = {"text": text, "tier": kind, "reference": SEEN_FROM}
    if window := re.search(r"~(\d\d:\d\d)-(\d\d:\d\d)", said):
        row["accept_window"] = list(window.groups())
        said = said.replace(window[0], "")
    row["accept"] = [_reading(each) for each in said.split(";")]
    intents = kind.split("/")
    row["gold"] = {"intent": intents[0], **row["accept"][0]}
    row["intent_also_ok"] = intents[1:]
    row["probe"] = f"Please book a court {text if ' ' in text else f'on {text}'}."
    return row


async def read(folder: Path, name: str) -> dict[str, list[Verdict]]:
    """Read the days or the utterances of a set; give what came of each, by its group."""
    told: dict[str, list[Verdict]] = {}
    for row in map(_row, lines_of(folder, name)):
        judge = judge_datetime if name == "dates" else judge_utterance
        prediction, right, group = await judge(row)
        booked = bool(prediction.get("bookings"))
        told.setdefault(group, []).append((row["text"], json.dumps(prediction), booked, right))
    return told


def _seeded(folder: Path, taken: str) -> str:
    if not taken:
        return ""
    day, clock = taken.split()
    path = folder / "taken.json"
    booked = {"bookings": [{"date": day, "time": clock, "court": "*"}]}
    path.write_text(json.dumps(booked), encoding="utf-8")
    return str(path)


async def talk(style: str, turns: Sequence[str], taken: str = "") -> tuple[list[str], list[str]]:
    """Play a talk at an empty club; give what is booked at the end, and the answers."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        seed = _seeded(folder, taken)
        settings = Settings(home=folder, secret=Secret("s" * 32), seed=seed)
        desk = await open_tennis(settings)
        stack.push_async_callback(desk.store.aclose)
        club = await stack.enter_async_context(placed(tennis_app(desk), style, settings))
        answers = await said_to(club, turns)
        found = await desk.store.bookings(member_id="guest")
        return [f"{b.date.isoformat()} {b.time:%H:%M} {b.slot_id[-1]}" for b in found], answers


async def said_to(
    desk: Assistant, turns: Sequence[str], done: Callable[[], bool] = lambda: False
) -> list[str]:
    """Say the turns one after the other until it is done; give the answers.

    A turn in brackets is said only to a question, such as that of a style that offers first.
    """
    answers: list[str] = []
    session_id: str | None = None
    for turn in turns:
        if turn.startswith("(") and not answers[-1].endswith("?"):
            continue
        said = turn[1:-1] if turn.startswith("(") else turn
        ask = Ask(text=said, principal=Principal("guest"), session_id=session_id)
        record = await desk.answer(ask)
        session_id = record.session_id
        answers.append(record.raised().text)
        if done():
            break
    return answers


def talks(folder: Path, name: str) -> Iterator[tuple[list[str], str, str]]:
    """Give the talks of a file: the turns, what is to be booked, and what is taken beforehand."""
    for line in lines_of(folder, name):
        said, _, slot = (part.strip() for part in line.partition("|" if "|" in line else "\0"))
        if name == "dialogues":
            taken, _, wanted = said.rpartition(";")
            turns = [turn.strip() for turn in slot.split("=>")]
            yield turns, wanted.strip().strip("-"), taken.removeprefix("taken").strip()
        elif name == "consent":
            yield [OFFER, said], f"2026-03-03 16:00 {slot}".strip(), ""
        else:
            yield [OFFER, said] if name == "no_consent" else [said], slot, ""


async def others(style: str, folder: Path) -> list[Verdict]:
    """Play what is said to Apps of other kinds: ``clinic+`` is to be done, ``clinic-`` is not."""
    told: list[Verdict] = []
    for line in lines_of(folder, "other"):
        kind, said = line.split(" ", 1)
        made: list[str] = []
        library.LOANS.clear()
        app = library.app if kind.startswith("library") else APPS[kind[:-1]](made)
        with tempfile.TemporaryDirectory() as home:
            settings = Settings(home=Path(home), secret=Secret("s" * 32))
            async with placed(app, style, settings) as desk:
                turns = (said, AGAIN) if kind.endswith("+") else (said,)
                answers = await said_to(desk, turns, lambda made=made: bool(made or library.LOANS))
        made += library.LOANS
        right = bool(made) == kind.endswith("+")
        told.append((f"{kind} {said}", f"{made} {answers[0]!r}", bool(made), right))
    return told


async def play(style: str, folder: Path, name: str) -> list[Verdict]:
    """Play the talks of a file through a style; what must book is asked once more where needed."""
    if name == "other":
        return await others(style, folder)
    told: list[Verdict] = []
    for turns, slot, taken in talks(folder, name):
        made, answers = await talk(style, turns, taken)
        if name == "positive" and not made:
            made, answers = await talk(style, [*turns, AGAIN], taken)
        right = meant(made, slot) if slot else not made
        came = f"{made} {answers[-1]!r}"
        told.append((" => ".join(turns), came, bool(made), right))
    return told


def shown(title: str, told: Sequence[Verdict], *, wrong: bool) -> str:
    """Write the figures of a group as a line, and what went wrong below it."""
    right = sum(good for *_, good in told)
    booked = sum(made and not good for *_, made, good in told)
    head = f"{title}: {right} of {len(told)}, {right / max(len(told), 1):.1%}"
    rows = [f"{said} -> {came}" for said, came, _, good in told if wrong and not good]
    return "\n  ".join([f"{head}; wrong bookings {booked}", *rows])


async def measure(folder: Path, styles: str, only: Sequence[str], *, wrong: bool) -> None:
    """Measure a set, and print what came of it."""
    for name in ("dates", "utterances"):
        if not only or name in only:
            for group, told in (await read(folder, name)).items():
                print(shown(f"{folder.name} {name} {group}", told, wrong=wrong), flush=True)
    for style in styles:
        for name in PLAYED:
            if not only or name in only:
                told = await play(style, folder, name)
                print(shown(f"{folder.name} {style} {name}", told, wrong=wrong), flush=True)


def main() -> None:
    """Read the arguments, measure each set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", nargs="*", default=SETS)
    parser.add_argument("--styles", default="d")
    parser.add_argument("--only", nargs="*", default=())
    parser.add_argument("--shown", action="store_true", help="with what went wrong")
    chosen = parser.parse_args()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ.setdefault(name, "loopback")  # what boto3 signs with; nobody here checks it
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    for name in chosen.sets:
        wanted = measure(FRAMES / name, chosen.styles, chosen.only, wrong=chosen.shown)
        asyncio.run(wanted)


if __name__ == "__main__":
    main()
