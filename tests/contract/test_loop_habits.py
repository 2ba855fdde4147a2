"""What every framework does by itself stays outside: ``AgentLoop`` is all that is met."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from batuta.core.budget import Budget
from batuta.core.message import Message, ToolCall
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.tool import tool
from batuta.errors import BudgetExceeded, ConfigError, ModelUnavailable, install_command
from batuta.parts.loop import AgentLoop
from batuta.styles.frameworks import FRAMEWORKS
from tests.contract.loops import HERE, LOOPS, Driven, Scripted, ask, call, runtime, text, wish
from tests.patience import scaled


async def test_no_limit_of_a_library_stands_before_the_agents_turns(loop: AgentLoop):
    replies = [wish(call("fly", call_id=f"c{n}")) for n in range(130)]
    agent = Driven(loop=loop, model=Scripted([*replies, text("Done.")]), max_turns=140)
    record = await ask(agent, options=RunOptions(budget=Budget(model_calls=140)))
    assert record.raised().text == "Done."
    assert len(agent.model.requests) == 131


async def test_a_budget_of_five_calls_asks_the_model_five_times(loop: AgentLoop):
    agent = Driven(loop=loop, model=Scripted([wish(call("fly"))]), max_turns=50)
    record = await ask(agent, options=RunOptions(budget=Budget(model_calls=5)))
    assert isinstance(record.failure, BudgetExceeded)
    assert len(agent.model.requests) == 5


async def test_a_conversation_reaches_the_model_as_it_was(loop: AgentLoop):
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
    agent = Driven(loop=loop, model=Scripted([text("Hello again.")]))
    session = Session("s", "local", list(history))
    record = (await ask(agent, options=RunOptions(session=session))).raised()
    assert record.text == "Hello again."
    assert list(agent.model.requests[0].messages[1:-1]) == history


async def test_one_agent_serves_many_runs_at_once(loop: AgentLoop):
    @tool
    async def who(name: str) -> str:
        """Tell who asks."""
        await asyncio.sleep(0)
        return name

    async def run(number: int) -> tuple[str, list[str | None]]:
        replies = [wish(call("who", {"name": f"n{number}"})), text(f"You are n{number}.")]
        agent = Driven(loop=loop, model=Scripted(replies), tools=(who,))
        record = (await runtime().run(agent, Message.user("Who?"))).raised()
        return record.text, [m.text for m in record.steps if m.role == "tool"]

    done = await asyncio.gather(*(run(number) for number in range(100)))
    assert done == [(f"You are n{n}.", [f"n{n}"]) for n in range(100)]


async def test_a_failing_model_is_asked_by_our_retries_alone(loop: AgentLoop):
    agent = Driven(loop=loop, model=Scripted([ModelUnavailable("scripted:test", "gone")]))
    record = await ask(agent)
    assert isinstance(record.failure, ModelUnavailable)
    assert len(agent.model.requests) == record.model_calls


@pytest.mark.parametrize("name", HERE)
async def test_without_the_library_the_extra_is_named(name: str, monkeypatch: pytest.MonkeyPatch):
    framework = FRAMEWORKS[name.replace("_", "-")]
    inside = (f"batuta.frameworks.{name}.", f"{framework.module}.")
    for known in [n for n in sys.modules if n.startswith(inside)]:
        monkeypatch.delitem(sys.modules, known)
    monkeypatch.setitem(sys.modules, framework.module, None)
    with pytest.raises(ConfigError, match=re.escape(install_command(framework.extra))):
        await LOOPS[name]().drive(None, [], None)  # type: ignore[arg-type]


ALONE = """
import asyncio, sys, threading
from batuta.styles.frameworks import FRAMEWORKS
framework = FRAMEWORKS[sys.argv[1]]
loop = framework.loop()
assert framework.module not in sys.modules, "imported too early"
from tests.contract.loops import Driven, Scripted, ask, call, text, wish
agent = Driven(loop=loop, model=Scripted([wish(call("fly")), text("Done.")]))
print(asyncio.run(ask(agent)).raised().text)
print([t.name for t in threading.enumerate()])
"""


@pytest.mark.parametrize("name", HERE)
def test_alone_it_says_and_starts_nothing_of_its_own(name: str):
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", ALONE, name.replace("_", "-")],
        capture_output=True,
        text=True,
        check=False,
        timeout=scaled(100),
        cwd=Path(__file__).parents[2],
    )
    assert (done.stdout, done.stderr, done.returncode) == ("Done.\n['MainThread']\n", "", 0)
