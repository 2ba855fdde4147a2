"""Rows that one conversation at a time decides: finding a failure, hooks, a crash, hand-overs."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from batuta import FunctionAgent, Message, Principal, Run, Swarm, local_runtime
from batuta.assistant import Ask
from batuta.core.principal import WRITE
from batuta.core.tool import Approve, ToolUse, Verdict
from batuta.faults import faults
from batuta.lab.report.words import estimate_text
from batuta.lab.stands import NOW, fresh_app
from batuta.lab.statistics import bootstrap, wilson
from batuta.parts.handoff import hand_to
from batuta.parts.members import RECORD
from batuta.parts.provenance import OnlyOffered
from batuta.settings import Settings
from batuta.tennis.app import BOOKINGS_FILE, tennis_app
from batuta.tennis.bookings import TennisClub
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club
from batuta.wiring import assistant
from batuta.wiring.clock import clock_at
from bench.evidence.finding import OFFLINE, Finding
from bench.evidence.finding import Verdict as Verdicts

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.record import RunRecord

SAYINGS = ("Book a court tomorrow at 3pm", "the first one")
BROKEN = ("model-gone", "model-refused", "tool-error", "store-full", "store-locked")
STYLES = "abdef"
INVENTED, CONVERSATIONS = "model-invented-id@0.5", 40
TALKS, TOPICS, SLIPS = 200, ("tennis", "billing", "travel"), (0.0, 0.1, 0.3)
CRASHES = 6


async def findings() -> Sequence[Finding]:
    """Decide them."""
    crashed = await asyncio.to_thread(_crashed)
    return [await _found_quickly(), await _checked(), crashed, await _handed_over()]


async def talked(
    app: App, style: str, *, seed: int = 0, fault: str = "", folder: Path
) -> tuple[list[RunRecord], list[str]]:
    """Hold a conversation; give its records, and the places that faults struck."""
    settings = Settings(home=folder, now=NOW)
    records: list[RunRecord] = []
    with faults(fault or "none", seed=seed, marks=folder / "marks") as plan:
        clock = clock_at(NOW, app.time_zone)
        async with assistant(app, style, settings=settings, clock=clock) as talker:
            session: str | None = None
            for text in SAYINGS:
                ask = Ask(text=text, principal=Principal("ana"), session_id=session)
                records.append(await talker.answer(ask))
                session = records[-1].session_id
                if plan.struck or records[-1].reply is None:
                    break
    return records, [each.place for each in plan.struck]


def club(folder: Path) -> App:
    """Make the club on a folder."""
    return tennis_app(TennisClub(Club(), SqliteBookings(folder / BOOKINGS_FILE)))


async def _found_quickly() -> Finding:
    """Count the events between what broke and the last one, which is what is seen first."""
    between: dict[str, list[float]] = {}
    for style in STYLES:
        for fault in BROKEN:
            with TemporaryDirectory() as home:
                async with fresh_app(club(Path(home)), Path(home)) as app:
                    records, places = await talked(app, style, fault=fault, folder=Path(home))
            if places:
                events = records[-1].events
                at = max(n for n, event in enumerate(events) if event.span == places[0])
                between.setdefault(style, []).append(float(len(events) - 1 - at))
    means = {style: sum(found) / len(found) for style, found in between.items()}
    pairs = zip(BROKEN, between["a"], between["d"], strict=False)
    told = bootstrap({fault: [later - at] for fault, at, later in pairs})
    verdict: Verdicts = "holds" if told is not None and told[0].low > 0 else "not told apart"
    return Finding(
        number=4,
        measure="events of the trace from the end back to the step that broke, "
        f"{len(BROKEN)} faults of models, tools and stores",
        figure=", ".join(f"{style.upper()} {mean:.1f}" for style, mean in means.items()),
        model=OFFLINE,
        verdict=verdict,
        note="every style's trace names the step, so that it is found at once; A has fewer steps",
    )


class Counted:
    """Counts the calls of a writing tool that come as far as here."""

    def __init__(self) -> None:
        self.calls = 0

    async def __call__(self, use: ToolUse) -> Verdict:
        """Let it pass."""
        self.calls += use.tool.effect == WRITE
        return Approve()


async def _checked() -> Finding:
    """See what of D's invented ids a hook stops before the tool is called."""
    seen, passed = Counted(), Counted()
    made = 0
    for seed in range(CONVERSATIONS):
        with TemporaryDirectory() as home:
            async with fresh_app(club(Path(home)), Path(home)) as plain:
                app = replace(plain, hooks=(seen, OnlyOffered("slot_id"), passed))
                _, places = await talked(app, "d", seed=seed, fault=INVENTED, folder=Path(home))
                made += len(places)
    stopped = seen.calls - passed.calls
    share = wilson(min(stopped, made), made)
    return Finding(
        number=15,
        measure=f"calls with an id that the model invented, in {CONVERSATIONS} conversations of D: "
        "how many a hook stopped before the tool was called",
        figure=f"{stopped} of {made}" + (f", {estimate_text(share)}" if share else ""),
        model=f"{OFFLINE}, whose ids are spoiled in half of the calls",
        verdict="holds" if stopped >= made else "in part",
        note="every call is in the trace, with the hook that stopped it",
    )


def _crashed() -> Finding:
    """Let F's process end by kill -9 in the midst of a conversation, as a crash would."""
    ends = [
        subprocess.run(
            [sys.executable, "-m", "bench.evidence.trials", "f"], check=False, capture_output=True
        )
        for _ in range(CRASHES)
    ]
    killed = sum(each.returncode == -signal.SIGKILL and not each.stdout for each in ends)
    return Finding(
        number=23,
        measure=f"F's process is killed in the midst of a booking, {CRASHES} times: conversations "
        "that get no answer from any agent",
        figure=f"{killed} of {CRASHES}",
        model=OFFLINE,
        verdict="holds" if killed == CRASHES else "does not hold",
        note="row 24 and the table below kill a process of G: there the manager still answers",
    )


async def _crash(style: str) -> None:
    """Hold a conversation whose process is killed once the tool has written."""
    with TemporaryDirectory() as home:
        async with fresh_app(club(Path(home)), Path(home)) as app:
            records, _ = await talked(app, style, fault="process-exit", folder=Path(home))
    print(records[-1].text)


async def _handed_over() -> Finding:
    """Send talks of several topics through a swarm whose members sometimes slip."""
    told: list[str] = []
    lost = late = 0
    for slip in SLIPS:
        right = 0
        for seed in range(TALKS):
            asked, holder, heard, handoffs = await _one_talk(seed, slip)
            right += holder == asked
            lost += not heard
            late += handoffs > len(TOPICS)
        share = wilson(right, TALKS)
        told.append(f"{slip:.0%} slips: {estimate_text(share) if share else ''}")
    return Finding(
        number=33,
        measure=f"{TALKS} talks whose topic one of {len(TOPICS)} members knows, each "
        "of which hands over wrongly at a rate: talks that its own member answers",
        figure="; ".join(told)
        + f"; {lost} lost their history, {late} passed the limit of handoffs",
        model="none: members hand over by rule",
        verdict="assumed",
        note="who should have the word is the model's part; limits and history are the swarm's",
    )


async def _one_talk(seed: int, slip: float) -> tuple[str, str, bool, int]:
    luck = random.Random(seed)  # noqa: S311 - repeats on purpose
    asked = luck.choice(TOPICS)
    heard: list[bool] = []

    def member(topic: str) -> FunctionAgent:
        async def answer(message: Message, run: Run) -> Message:
            heard.append(any(asked in each.text for each in (message, *run.job.session.history)))
            to = asked if luck.random() >= slip else luck.choice(TOPICS)
            return Message.assistant(topic) if to == topic else hand_to(to, f"about {asked}")

        return FunctionAgent(name=topic, answer=answer)

    swarm = Swarm(members=[member(each) for each in TOPICS], max_handoffs=len(TOPICS))
    runtime = local_runtime()
    record = (await runtime.run(swarm, Message.user(f"I have a question on {asked}"))).raised()
    await runtime.stop()
    told: Mapping[str, Any] = {} if record.reply is None else record.reply.metadata[RECORD]
    return asked, record.text, all(heard), len(told["handoffs"])


if __name__ == "__main__":
    asyncio.run(_crash(sys.argv[1]))
