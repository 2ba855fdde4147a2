"""Measures what the offline model books where nobody asked for it, and what it fails to book.

    python -m bench.language_doubt [--styles abcdefgh] [--unread] [--sentences N] [--out FOLDER]

Every frame of doubt around every booking sentence must book nothing; every positive frame must
book the slot meant, at once or, where a style offers first, after a yes. Played in this process
through each style; the agents of C and G stand behind hosts of their own, on real sockets.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from batuta.app import App
from batuta.assistant import Ask, Assistant
from batuta.core.clock import FixedClock
from batuta.core.principal import Principal
from batuta.core.redaction import Secret
from batuta.hosting import hosted
from batuta.settings import Settings
from batuta.styles import app_style, placed_names
from batuta.tennis.app import tennis_app
from batuta.wiring import assistant, open_tennis

FRAMES = Path(__file__).with_name("frames")
NOW = FixedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
AGAIN = "Yes, the first one please"
_GERUNDS = {"book": "booking", "reserve": "reserving", "schedule": "scheduling"}


@dataclass(frozen=True)
class Play:
    """A conversation, and the slot that it is to book: "" where it must book nothing."""

    group: str
    turns: tuple[str, ...]
    slot: str = ""


def _lines(name: str) -> Iterator[str]:
    for line in (FRAMES / name).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


def framed(frame: str, verb: str, rest: str) -> str:
    """Put a booking sentence into a frame."""
    forms = {"{do}": verb, "{Do}": verb.capitalize(), "{doing}": _GERUNDS[verb]}
    forms["{did}"] = f"{verb}ed".replace("ee", "e")
    for mark, form in forms.items():
        frame = frame.replace(mark, f"{form} {rest}")
    return frame


def plays(*, unread: bool, most: int) -> list[list[Play]]:
    """List the conversations; each inner list is played on one empty club."""
    sentences = [[p.strip() for p in line.split("|")] for line in _lines("sentences.txt")][:most]
    folder = "unread/" if unread else ""
    made: list[list[Play]] = []
    for group in ("doubt", "positive"):
        for frame in _lines(f"{folder}{group}.txt"):
            slots = [s if group == "positive" else "" for _, _, s in sentences]
            texts = [framed(frame, verb, rest) for verb, rest, _ in sentences]
            made.append([Play(group, (t,), s) for t, s in zip(texts, slots, strict=True)])
    if not unread:
        said = [tuple(p.strip() for p in line.split("=>")) for line in _lines("nothing.txt")]
        made.extend([Play("nothing", turns)] for turns in said)
    return made


@asynccontextmanager
async def placed(app: App, style: str, settings: Settings) -> AsyncGenerator[Assistant]:
    """Place an App under a style, with its hosts where it is one of independent agents."""
    found = app_style(app, style, replace(settings, port=0))
    async with AsyncExitStack() as running:
        if found.style.independent:
            where: dict[str, tuple[str, ...]] = {}
            for name in placed_names(found.names()):
                host = await running.enter_async_context(hosted(found, names=[name]))
                where[name] = (host.address,)
            settings = replace(settings, placement={style: where})
        yield await running.enter_async_context(assistant(app, style, settings=settings, clock=NOW))


async def play_all(style: str, batch: Sequence[Play]) -> list[tuple[Play, list[str], list[str]]]:
    """Play conversations at one empty club; give the slots booked and the answers of each."""
    done: list[tuple[Play, list[str], list[str]]] = []
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), secret=Secret("s" * 32))
        desk = await open_tennis(settings)
        async with placed(tennis_app(desk), style, settings) as club:
            for number, play in enumerate(batch):
                who = Principal(f"member-{number}")
                answers: list[str] = []
                session_id: str | None = None
                turns = (*play.turns, AGAIN) if play.slot else play.turns
                made: list[str] = []
                for turn in turns:
                    ask = Ask(text=turn, principal=who, session_id=session_id)
                    record = await club.answer(ask)
                    session_id = record.session_id
                    answers.append(record.raised().text)
                    found = await desk.store.bookings(member_id=who.id)
                    made = [f"{b.date.isoformat()} {b.time:%H:%M}" for b in found]
                    if made:
                        break
                done.append((play, made, answers))
        await desk.store.aclose()
    return done


async def measure(style: str, batches: Sequence[Sequence[Play]], out: Path) -> str:
    """Play all under a style; give one line of figures and write down what went wrong."""
    count: Counter[str] = Counter()
    wrong: list[str] = []
    for batch in batches:
        for play, made, answers in await play_all(style, batch):
            right = made == ([play.slot] if play.slot else [])
            count[play.group] += 1
            count[f"{play.group} right"] += right
            count["at once"] += right and bool(play.slot) and len(answers) == 1
            count["wrong bookings"] += bool(made) and not right
            if not right:
                wrong.append(json.dumps({"turns": play.turns, "booked": made, "answers": answers}))
    (out / f"{style}.jsonl").write_text("\n".join(wrong) + "\n", encoding="utf-8")
    groups = [g for g in ("doubt", "nothing", "positive") if count[g]]
    shares = ", ".join(f"{g} {count[f'{g} right']} of {count[g]}" for g in groups)
    return (
        f"style {style}: wrong bookings {count['wrong bookings']}; {shares} "
        f"({count['at once']} at once)"
    )


def main() -> None:
    """Read the arguments, play every style, print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--styles", default="abcdefgh")
    parser.add_argument("--unread", action="store_true", help="the held-out frames instead")
    parser.add_argument("--sentences", type=int, default=99, help="only so many of them")
    parser.add_argument("--out", type=Path, default=Path("bench/out/language_doubt"))
    chosen = parser.parse_args()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ.setdefault(name, "loopback")  # what boto3 signs with; nobody here checks it
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    chosen.out.mkdir(parents=True, exist_ok=True)
    batches = plays(unread=chosen.unread, most=chosen.sentences)
    for style in chosen.styles:
        print(asyncio.run(measure(style, batches, chosen.out)), flush=True)


if __name__ == "__main__":
    main()
