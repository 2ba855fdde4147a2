"""Names that a model calls tools and agents by: legal at every vendor, and one for each."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batuta.app import App
from batuta.compose.swarm import Swarm
from batuta.control.function_calling import FunctionCalling
from batuta.control.managed_agent import ManagedAgent
from batuta.control.manager import Manager
from batuta.control.single_agent import SingleAgent
from batuta.core.tool import Tool, is_legal, legal_name
from batuta.errors import BatutaError, ConfigError
from batuta.errors.public import error_classes
from batuta.frameworks.openai_agents import OpenAIAgentsLoop
from batuta.parts.handoff import HandoffAgent
from batuta.parts.loop import Delegate
from batuta.testing.scripted import ScriptedModel, calls
from tests.unit.core.rig import HELLO, does, hosted

ROOT = Path(__file__).parents[3]


def look(day: str) -> str:
    """Look at a day."""
    return f"looked at {day}"


def _also_look(day: str) -> str:
    """Look again."""
    return day


def _named(name: str, description: str = "Does it.") -> Delegate:
    return Delegate(agent=name, description=description)


WITH_TOOLS: dict[str, Callable[[Any], Any]] = {
    "App": lambda tools: App(name="x", instructions="Help.", tools=tools),
    "D": lambda tools: FunctionCalling(name="x", tools=tools),
    "E": lambda tools: SingleAgent(name="x", loop=OpenAIAgentsLoop(), tools=tools),
    "H": lambda tools: ManagedAgent(name="x", agent=None, tools=tools),
    "handoff": lambda tools: HandoffAgent(name="x", instructions="Help.", tools=tools),
}


@pytest.mark.parametrize("make", WITH_TOOLS.values(), ids=WITH_TOOLS)
def test_plain_functions_are_tools_everywhere(make: Callable[[Any], Any]) -> None:
    [made] = make([look]).tools
    assert isinstance(made, Tool)
    assert made.name == "look"


@pytest.mark.parametrize("make", WITH_TOOLS.values(), ids=WITH_TOOLS)
def test_two_tools_of_one_name_are_refused_everywhere(make: Callable[[Any], Any]) -> None:
    with pytest.raises(ConfigError, match="x has two tools of one name: look"):
        make([look, Tool(_also_look, name="look")])


@pytest.mark.parametrize("make", WITH_TOOLS.values(), ids=WITH_TOOLS)
def test_what_is_no_function_is_refused_everywhere(make: Callable[[Any], Any]) -> None:
    with pytest.raises(ConfigError, match="x has a str among its tools"):
        make(["look"])


@pytest.mark.parametrize(
    ("delegates", "says"),
    [
        ((_named("a"), _named("a")), "two delegates of one name: a and a"),
        ((_named("Court Booking"), _named("Court_Booking")), "Court Booking and Court_Booking"),
        ((_named("a", " "),), "delegate without a description: a"),
    ],
)
def test_delegates_that_a_model_cannot_tell_apart_are_refused(
    delegates: tuple[Delegate, ...], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        Manager(loop=OpenAIAgentsLoop(), delegates=delegates)


@pytest.mark.parametrize("name", ["Court Booking", "größe", "x" * 70, "a/b.c", "預約", "look"])
def test_any_name_has_a_legal_form_of_its_own(name: str) -> None:
    made = legal_name(name)
    assert is_legal(made)
    assert legal_name(made) == made
    assert (made == name) is is_legal(name)
    assert legal_name(f"{name}2" * 20) != legal_name(f"{name}3" * 20)


async def test_a_manager_delegates_to_an_agent_of_any_name() -> None:
    boss = Manager(loop=OpenAIAgentsLoop(), delegates=[_named("Court Booking")])
    model = ScriptedModel([calls(("Court_Booking", {"task": "Book A."})), "Done."])
    runtime = hosted(does("Court Booking", _says), model=model)
    record = await runtime.run(boss, HELLO)
    assert record.text == "Done."
    assert "Court Booking" in [event.name for event in record.events]


async def test_a_swarm_hands_over_to_an_agent_of_any_name() -> None:
    first = HandoffAgent(name="Front Desk", instructions="Help.")
    swarm = Swarm(members=[first, does("Court Booking", _says)])
    model = ScriptedModel([calls(("transfer_to_Court_Booking", {"reason": "courts"}))])
    record = await hosted(model=model).run(swarm, HELLO)
    assert record.text == "said"


async def _says(_: Any) -> str:
    return "said"


def test_the_page_tells_which_errors_are_retryable() -> None:
    page = (ROOT / "docs" / "tools.md").read_text("utf-8").partition("## What is tried again")[2]
    told = {name for row in re.findall(r"^\| (`.*?) \|", page, re.M) for name in _words(row)}
    ours = [kind for kind in error_classes() if kind.__module__.startswith("batuta.errors")]
    assert told == {kind.__name__ for kind in ours if kind.retryable}
    assert issubclass(ours[0], BatutaError)


def _words(row: str) -> list[str]:
    return re.findall(r"`([A-Z]\w+)`", row)
