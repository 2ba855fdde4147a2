"""An agent of any framework's, handed over as a member, keeps what holds for every agent here."""

from __future__ import annotations

from typing import Any

import pytest

from batuta.core.message import Message
from batuta.core.model import ModelReply
from batuta.core.record import RunRecord
from batuta.core.runtime import RunOptions
from batuta.frameworks import FrameworkAgent
from tests.contract.foreign import FOREIGN, Made, maker_of
from tests.contract.loops import Scripted, call, ends, runtime, text, wish


@pytest.fixture(params=FOREIGN)
def framework(request: pytest.FixtureRequest) -> str:
    return request.param


def free_courts(day: str) -> str:
    """List the free courts of a day."""
    return f"A and B on {day}"


async def book(court: str) -> str:
    """Book a court."""
    return f"booked {court}"


def member(
    framework: str, *replies: ModelReply | Exception, made: Made | None = None, **more: Any
) -> FrameworkAgent:
    agent = maker_of(framework)(made or Made(tools=(free_courts, book)))
    return FrameworkAgent(agent=agent, model=Scripted(replies), **more)


def asked(agent: FrameworkAgent) -> Scripted:
    assert isinstance(agent.model, Scripted)
    return agent.model


async def run(agent: Any, options: RunOptions | None = None, words: str = "Go.") -> RunRecord:
    return await runtime().run(agent, Message.user(words), options)


def told(agent: FrameworkAgent, turn: int = -1) -> list[str]:
    """The tool results that the model saw in one of its turns."""
    return [m.text for m in asked(agent).requests[turn].messages if m.role == "tool"]


async def test_its_model_calls_and_tool_calls_are_on_the_run(framework: str) -> None:
    agent = member(
        framework,
        wish(call("free_courts", {"day": "Monday"}), words="Looking."),
        text("A or B."),
        reads=["free_courts"],
    )
    record = (await run(agent)).raised()

    assert (agent.name, record.text) == ("support", "A or B.")
    first = asked(agent).requests[0]
    assert [(m.role, m.text.strip()) for m in first.messages] == [
        ("system", INSTRUCTIONS_SEEN[framework]),
        ("user", "Go."),
    ]
    assert [t.name for t in first.tools] == ["free_courts", "book"]
    assert "day" in first.tools[0].parameters["properties"]
    [result] = told(agent)
    assert "A and B on Monday" in result
    assert (record.usage.input_tokens, record.usage.output_tokens) == (20, 10)
    [use] = ends(record, "tool")
    assert (use.name, use.by, use.data["arguments"]) == ("free_courts", "agent", {"day": "Monday"})
    assert [m.role for m in record.steps] == ["assistant", "tool"]
