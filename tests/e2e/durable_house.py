"""A house of its own process: talks to the club until it is killed, or goes on where one was.

``python -m tests.e2e.durable_house STYLE,… FOLDER`` kills one life at every moment of a booking,
lets a second life finish, and prints what each case came to, one JSON line each. Lives are forked
from this one warmed process.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from batuta import wiring
from batuta.app import App
from batuta.assistant import Ask
from batuta.core.principal import Principal
from batuta.core.redaction import Secret
from batuta.runtimes import durable
from batuta.settings import Settings
from tests.e2e.durable_compositions import COMPOSED, composed
from tests.e2e.durable_moments import Above, Beneath, Moments, kept
from tests.e2e.placed import hosts

ANA = Principal("ana")
NOW = "2026-03-02T09:00"
SESSION = "ses_kill"
TURNS = {
    "a": ("Book a court tomorrow at 3pm", "the second one"),
    **dict.fromkeys((*"bcdef", *COMPOSED), ("Book a court tomorrow at 3pm",)),
}
AT_ONCE = 8
SECRET = Secret("the house's own secret, long enough")


async def life(style: str, home: Path, kill_at: int) -> dict[str, Any]:
    """Have the whole conversation, or what an earlier life left of it, and tell the outcome."""
    moments = Moments(home / "log", kill_at)
    settings = Settings(
        home=home, durable="sqlite", now=NOW, secret=SECRET, placement=placed_in(style, home)
    )
    wiring.LAYERS = (*wiring.LAYERS, Above(moments))
    plain = durable.DurableRuntime

    def made(*given: Any, beneath: tuple[object, ...] = (), **more: Any) -> Any:
        return plain(*given, beneath=(Beneath(moments), *beneath), **more)

    setattr(durable, "DurableRuntime", made)  # noqa: B010 - wiring takes it from there
    app = await opened(style, settings)
    house = wiring.Assistants(app, settings)
    records = []
    async with house:
        await _session(house)
        if style not in COMPOSED:  # what is kept of a run is the same for all
            house.sessions.save = kept(moments, "the session", house.sessions.save)
            house.records.save = kept(moments, "the record", house.records.save)
        assistant = await house.style(style)
        for number, text in enumerate(TURNS[style]):
            run_id = f"run_{number}"
            if await _known(house, run_id):
                assert house.engine is not None
                handle = await house.engine.client.retrieve_workflow_async(run_id)
                await handle.get_result(polling_interval_sec=0.02)
            else:
                ask = Ask(text=text, principal=ANA, session_id=SESSION, run_id=run_id)
                await assistant.answer(ask)
            records.append(await house.records.load(run_id, "ana"))
        session = await house.sessions.load(SESSION, "ana")
        booked = await _bookings(settings)
    return {
        "moments": moments.count,
        "texts": [record.text for record in records],
        "stops": [record.stop_reason for record in records],
        "calls": [[r.model_calls, r.tool_calls] for r in records],
        "tokens": [r.usage.total_tokens for r in records],
        "cost": [r.cost.usd for r in records],
        "events": [[[e.kind, e.phase, e.span, e.name] for e in r.events] for r in records],
        "history": [[m.role, m.text] for m in session.history],
        "state": session.state,
        "bookings": booked,
    }


async def opened(style: str, settings: Settings) -> App:
    """Open the App that has the style."""
    app = await wiring.open_app("tennis", settings)
    return composed(app) if style in COMPOSED else app


def placed_in(style: str, home: Path) -> dict[str, dict[str, tuple[str, ...]]]:
    """Wait for the services of a style, and tell where they are."""
    if style != "c":
        return {}
    where = home / "where"
    while not where.exists():
        time.sleep(0.005)
    return {style: json.loads(where.read_text("utf-8"))}


async def serve(style: str, home: Path) -> None:
    """Host the agents of a style on real sockets, until killed."""
    settings = Settings(home=home, now=NOW, secret=SECRET)
    async with hosts(await opened(style, settings), style, settings) as there:
        part = home / "where.part"
        part.write_text(json.dumps(there.placement[style]), "utf-8")
        part.rename(home / "where")
        await asyncio.Event().wait()


@contextmanager
def served(style: str, home: Path) -> Iterator[None]:
    """Have the services of a style in another process, which outlives the lives of a case."""
    if style != "c":
        yield
        return
    pid = os.fork()
    if not pid:
        try:
            asyncio.run(serve(style, home))
        finally:
            os._exit(1)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


async def _session(house: wiring.Assistants) -> None:
    from batuta.core.session import Session
    from batuta.errors import SessionError

    try:
        await house.sessions.load(SESSION, "ana")
    except SessionError:
        await house.sessions.save(Session(SESSION, "ana"))


async def _known(house: Any, run_id: str) -> bool:
    return bool(await house.engine.client.list_workflows_async(workflow_ids=[run_id]))


async def _bookings(settings: Settings) -> list[str]:
    club = await wiring.open_tennis(settings)
    found = await club.store.bookings()
    await club.store.aclose()
    return [booking.slot_id for booking in found]


def forked(style: str, home: Path, kill_at: int) -> int:
    """Begin a life in a process of its own and give its id; what it comes to is in ``told``."""
    pid = os.fork()
    if pid:
        return pid
    try:
        told = asyncio.run(life(style, home, kill_at))
        (home / "told").write_text(json.dumps(told), "utf-8")
        os._exit(0)
    except BaseException as error:
        (home / "failed").write_text(f"{type(error).__name__}: {error}", "utf-8")
        import traceback

        traceback.print_exc()
        os._exit(1)


def case(style: str, home: Path, kill_at: int) -> Iterator[int]:
    """Kill a life at a moment, then let another finish; yields the process to wait for."""
    home.mkdir()
    shutil.copy(home.parents[1] / "durable.db", home)
    with served(style, home):
        if kill_at:
            yield forked(style, home, kill_at)
        yield forked(style, home, 0)


def told(home: Path) -> dict[str, Any]:
    """Give what the last life of a case came to, with the log of all."""
    failed = home / "failed"
    made = {"failed": failed.read_text("utf-8")} if failed.exists() else {}
    if (home / "told").exists():
        made |= json.loads((home / "told").read_text("utf-8"))
    return made | {"log": (home / "log").read_text("utf-8").splitlines()}


def every_case(style: str, folder: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Do the case without a kill, then one for each of its moments, several at once."""
    assert threading.active_count() == 1, "a process with threads must not be forked"
    for pid in case(style, folder / "0", 0):
        os.waitpid(pid, 0)
    plain = told(folder / "0")
    yield 0, plain
    waiting = list(range(1, plain.get("moments", 0) + 1))
    on: dict[int, tuple[int, Iterator[int]]] = {}
    while waiting or on:
        while waiting and len(on) < AT_ONCE:
            number = waiting.pop(0)
            lives = case(style, folder / str(number), number)
            on[next(lives)] = number, lives
        pid, _ = os.wait()
        number, lives = on.pop(pid)
        following = next(lives, None)
        if following is None:
            yield number, told(folder / str(number))
        else:
            on[following] = number, lives


async def _warmed(style: str, home: Path) -> None:
    """Have the conversation with nothing recorded, so that every life finds all imported."""
    settings = Settings(home=home, now=NOW)
    style = "b" if style == "c" else style  # what has opened a channel must not be forked
    async with wiring.Assistants(await opened(style, settings), settings) as house:
        assistant = await house.style(style)
        for text in TURNS[style]:
            (await assistant.chat(text, principal=ANA)).raised()


async def _made(home: Path) -> None:
    """Make the tables of durable runs, so that every life finds them."""
    runtime = durable.DurableRuntime(
        durable.Engine(durable.Store(home / "durable.db"), "tennis"), ()
    )
    await runtime.start()
    await runtime.stop()


def main(styles: str, folder: str) -> None:
    for style in styles.split(","):
        asyncio.run(_warmed(style, Path(folder) / f"warm {style}"))
    if not (pid := os.fork()):
        asyncio.run(_made(Path(folder)))
        os._exit(0)
    os.waitpid(pid, 0)
    gc.collect()
    gc.freeze()  # so that lives share what is loaded, instead of copying it
    for style in styles.split(","):
        home = Path(folder) / style
        home.mkdir()
        for number, outcome in every_case(style, home):
            told_of = {"style": style, "case": number, **outcome}
            sys.stdout.write(f"{json.dumps(told_of)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
