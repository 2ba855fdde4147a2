from __future__ import annotations

from typing import Any

import pytest

from batuta.core.app import App, Specialist
from batuta.core.clock import FixedClock, ManualClock
from batuta.core.ids import new_id, set_source
from batuta.core.message import Message, ToolCall
from batuta.core.session import recent
from batuta.core.tool import tool
from batuta.errors import ConfigError
from tests.unit.control.ferry import Harbour
from tests.unit.core.rig import NOW


@tool
async def look() -> str:
    """Look."""
    return "seen"


def app(**more: Any) -> App:
    return App(**{"name": "app", "instructions": "Help.", "tools": [look], **more})


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="two tools"):
        app(tools=[look, look])


def test_a_specialist_may_use_the_apps_own_tools_alone() -> None:
    with pytest.raises(ConfigError, match="fly"):
        app(specialists=[Specialist("s", "d", "i", ("look", "fly"))])
    assert app().pick_tools(["look"]) == (look,)


@pytest.mark.parametrize(
    ("style", "says"),
    [
        ("a", "intake"),
        ("b", "intake"),
        ("f", "specialists"),
        ("z", "no pattern"),
        ("h", "not part"),
    ],
)
def test_a_style_that_cannot_be_had_says_what_is_missing(style: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        app().assistant(style)


@pytest.mark.parametrize("style", ["a", "b", "d", "E"])
def test_one_app_goes_under_every_style(style: str) -> None:
    intake = Harbour().intake()
    made = app(tools=[intake.find, intake.act], intake=intake).assistant(style)
    assert made.style == style.lower()
    assert made.agent in made.runtime.names()


def test_an_option_that_nobody_reads_is_refused() -> None:
    with pytest.raises(TypeError):
        app().assistant("d", modle="x")


def test_ids_are_unique_and_can_be_foretold_in_tests() -> None:
    assert len({new_id("x") for _ in range(1000)}) == 1000
    numbers = iter("12")
    set_source(lambda: next(numbers))
    try:
        assert [new_id("run"), new_id("msg")] == ["run_1", "msg_2"]
    finally:
        set_source(None)


def test_a_fixed_clock_stands_while_seconds_pass() -> None:
    clock = FixedClock(NOW)
    assert clock.now() == clock.now() == NOW
    assert clock.monotonic() <= clock.monotonic()
    with pytest.raises(ValueError, match="aware"):
        FixedClock(NOW.replace(tzinfo=None))


async def test_a_manual_clock_moves_when_told_and_by_sleeping() -> None:
    clock = ManualClock(NOW)
    await clock.sleep(90)
    assert (clock.now() - NOW).total_seconds() == clock.monotonic() == 90


def test_a_history_never_opens_with_a_result_whose_call_was_cut_away() -> None:
    call = ToolCall("c", "look", {})
    wish = Message("assistant", tool_calls=(call,))
    talk = [Message.user("a"), wish, Message.tool(call, "seen"), Message.assistant("b")]
    talk = [*talk, Message.user("c"), Message.assistant("d")]
    for limit in range(8):
        cut = recent(talk, limit)
        assert len(cut) <= limit
        assert not cut or cut[0].role == "user"
    assert recent(talk, 6) == talk
    assert recent(talk, 3) == talk[-2:]
