"""What is Pydantic AI's own: how it is imported, and that its habits stay outside."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from batuta.core.budget import Budget
from batuta.core.message import Message, ToolCall
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.errors import ConfigError, install_command
from batuta.frameworks.pydantic_ai import PydanticAILoop
from tests.contract.loops import Driven, Scripted, ask, call, text, wish
from tests.patience import scaled


async def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    for name in [n for n in sys.modules if n.startswith("batuta.frameworks.pydantic_ai.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pydantic_ai", None)
    with pytest.raises(ConfigError, match=re.escape(install_command("pydantic-ai"))):
        await PydanticAILoop().drive(None, [], None)  # type: ignore[arg-type]


async def test_its_limit_of_fifty_requests_is_out_of_the_way():
    replies = [wish(call("fly", call_id=f"c{n}")) for n in range(60)]
    agent = Driven(loop=PydanticAILoop(), model=Scripted([*replies, text("Done.")]), max_turns=70)
    record = await ask(agent, options=RunOptions(budget=Budget(model_calls=70)))
    assert record.raised().text == "Done."
    assert len(agent.model.requests) == 61


async def test_a_conversation_reaches_the_model_as_it_was():
    history = [
        Message.user("Book A."),
        Message("assistant", "Yes.", tool_calls=(ToolCall("x", "book", {"court": "Ü"}),)),
        Message("tool", '{"ok": true}', call_id="x", name="book"),
        Message(
            "assistant", tool_calls=(ToolCall("y", "look", {}), ToolCall("z", "q", {}, "{oops"))
        ),
        Message("tool", "1", call_id="y", name="look"),
        Message("tool", "", call_id="z", name="q"),
        Message.assistant("Booked."),
    ]
    agent = Driven(loop=PydanticAILoop(), model=Scripted([text("Hello again.")]))
    session = Session("s", "local", list(history))
    record = (await ask(agent, options=RunOptions(session=session))).raised()
    assert record.text == "Hello again."
    assert list(agent.model.requests[0].messages[1:-1]) == history


ALONE = """
import asyncio, sys, threading
import batuta.frameworks.pydantic_ai
assert "pydantic_ai" not in sys.modules, "imported too early"
from batuta.frameworks.pydantic_ai import PydanticAILoop
from tests.contract.loops import Driven, Scripted, ask, call, text, wish
agent = Driven(loop=PydanticAILoop(), model=Scripted([wish(call("fly")), text("Done.")]))
print(asyncio.run(ask(agent)).raised().text)
assert "opentelemetry.sdk" not in sys.modules
print([t.name for t in threading.enumerate()])
"""


def test_alone_it_warns_of_nothing_and_starts_nothing_of_its_own():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE],
        capture_output=True,
        text=True,
        check=False,
        timeout=scaled(100),
        cwd=Path(__file__).parents[4],
    )
    assert (done.stdout, done.stderr, done.returncode) == ("Done.\n['MainThread']\n", "", 0)
