"""One assistant, or one runtime, from several threads and loops; and the bridge from plain code."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
import warnings
from decimal import Decimal
from typing import Any

import pytest

from batuta.app import App
from batuta.assistant import Assistant, clean
from batuta.core.agent import FunctionAgent
from batuta.core.message import Message
from batuta.core.run import Run
from batuta.errors import ConfigError
from batuta.testing.scripted import ScriptedModel
from batuta.wiring import run_sync
from tests.patience import scaled
from tests.unit.core.rig import HELLO, does, hosted


def look(day: str) -> str:
    """Look at a day."""
    return day


def assistant(model: Any = None, **more: Any) -> Assistant:
    app = App(name="app", instructions="Help.", tools=[look], **more)
    return app.assistant("d", model=model or ScriptedModel(["ok"], repeat=True))


def test_one_loop_after_the_other_is_answered() -> None:
    ours = assistant()

    async def many() -> list[str]:
        first = await ours.chat("hi")
        again = [ours.chat("hi", first.session_id) for _ in range(5)]
        return [record.text for record in await asyncio.gather(*again)]

    for _ in range(3):
        assert asyncio.run(many()) == ["ok"] * 5


class Held:
    """A model that answers when it is let go."""

    name = "scripted:held"

    def __init__(self) -> None:
        self.asked, self.go_on = threading.Event(), threading.Event()

    async def reply(self, request: Any, emit: Any = None) -> Any:
        self.asked.set()
        await asyncio.to_thread(self.go_on.wait, scaled(30))
        return await ScriptedModel(["ok"]).reply(request)


def test_two_loops_at_once_are_told_so_at_once() -> None:
    model = Held()
    ours = assistant(model)
    first: list[str] = []
    thread = threading.Thread(
        target=lambda: first.append(asyncio.run(ours.chat("hi", None)).text), daemon=True
    )
    thread.start()
    assert model.asked.wait(scaled(30))
    with pytest.raises(ConfigError, match="This assistant is at work on another event loop"):
        asyncio.run(ours.chat("hi"))
    model.go_on.set()
    thread.join(scaled(30))
    assert first == ["ok"]
    assert asyncio.run(ours.chat("hi")).text == "ok"


def test_a_runtime_tells_it_too() -> None:
    entered, go_on = threading.Event(), threading.Event()

    async def waits(_: Run) -> str:
        entered.set()
        await asyncio.to_thread(go_on.wait, scaled(30))
        return "done"

    host = hosted(does("waits", waits), max_concurrent_calls=1)
    thread = threading.Thread(target=lambda: asyncio.run(host.run("waits", HELLO)), daemon=True)
    thread.start()
    assert entered.wait(scaled(30))
    with pytest.raises(ConfigError, match="This runtime is at work on another event loop"):
        asyncio.run(host.run("waits", HELLO))
    go_on.set()
    thread.join(scaled(30))
    assert asyncio.run(host.run("waits", HELLO)).text == "done"


async def test_run_sync_within_a_loop_is_one_clear_error_and_no_warning() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with pytest.raises(RuntimeError, match=r"Use: await run\(…\)"):
            run_sync(does("a", _says), "hi")
    assert seen == []


def test_run_sync_from_plain_code_answers() -> None:
    assert run_sync(does("a", _says), "hi").text == "said"


async def _says(_: Run) -> str:
    return "said"


async def test_an_answer_with_data_that_is_no_json_is_answered_and_kept() -> None:
    async def answers(message: Message, run: Run) -> Message:
        run.state()["last"] = {"day": dt.date(2026, 3, 2)}
        data = {"day": dt.date(2026, 3, 2), "price": Decimal("1.50")}
        return Message.assistant("Monday.", data).with_metadata(at=dt.time(9))

    agent = FunctionAgent(name="days", answer=answers)
    app = App(name="app", instructions="Help.", tools=[], compositions={"days": [agent]})
    ours = app.assistant("days")
    record = await ours.chat("which day?")
    kept = await ours.records.load(record.run_id, "local")
    assert kept.answer().data == {"day": "2026-03-02", "price": "1.50"}
    assert kept.answer().metadata == {"at": "09:00:00"}
    session = await ours.sessions.load(record.session_id, "local")
    assert session.state["last"] == {"day": "2026-03-02"}


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, with ZWNJ
        "\u0915\u094d\u200d\u0937",  # Devanagari, with ZWJ
        "\u0d28\u0d4d\u200d\u0d31",  # Malayalam
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family
        "\u2764\ufe0f\u200d\U0001f525",  # a heart on fire
    ],
)
def test_joiners_that_letters_need_stay(text: str) -> None:
    assert clean(text, 100) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("pa\u200dss\u200cword", "password"),
        ("\u200dabc\u200c", "abc"),
        ("\u0645\u200c", "\u0645"),
        ("\u0645\u200c\u200c\u062e", "\u0645\u062e"),
        ("a\u200b\u2060\u202eb", "ab"),
    ],
)
def test_joiners_that_nobody_sees_go(text: str, kept: str) -> None:
    assert clean(text, 100) == kept
