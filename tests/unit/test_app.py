from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from batuta.app import App, Specialist, StoreTable
from batuta.compose.parallel import Parallel
from batuta.control.function_calling import FunctionCalling
from batuta.core.clock import FixedClock, ManualClock
from batuta.core.ids import new_id, set_source
from batuta.core.message import Message, ToolCall
from batuta.core.run import Run
from batuta.core.session import recent
from batuta.core.tool import Tool, tool
from batuta.errors import ConfigError
from batuta.mcp_tools import McpServer
from batuta.settings import Settings
from batuta.styles import resolve
from tests.unit.control.ferry import Harbour
from tests.unit.core.rig import NOW, echo


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


def test_a_composition_is_had_like_a_style_and_described_by_its_outermost_agent() -> None:
    team = Parallel(members=["one", "two"], role="asks both")
    made = app(compositions={"both-of-them": [echo("one"), echo("two"), team]})
    assistant = made.assistant("Both-of-them ")
    assert (assistant.style, assistant.agent) == ("both-of-them", "parallel")
    assert set(assistant.runtime.names()) == {"one", "two", "parallel"}
    cast = resolve(made, Settings())
    assert cast.runnable()[-1] == "both-of-them"
    shown = [each.style for each in cast.styles.values()][-1]
    assert (shown.key, shown.name) == ("both-of-them", "Both of them")
    assert (shown.decides, shown.when, shown.kind) == ("your code", "asks both", "composition")
    assert len(cast.styles) == 9
    assert cast.find("E").key == "e"


async def test_a_composition_talks_in_sessions_as_a_style_does() -> None:
    class Counts:
        name, role = "counts", "counts"

        async def execute(self, message: Message, run: Run) -> Message:
            return Message.assistant(str(len(run.history())))

    team = Parallel(members=[Counts()], shares_history=True, mode="first")
    async with app(compositions={"team": [team]}).assistant("team") as assistant:
        first = (await assistant.chat("one")).raised()
        second = (await assistant.chat("two", first.session_id)).raised()
    assert (first.text, second.text) == ("0", "2")
    assert (second.style, second.reply and second.reply.metadata["composition"]["pattern"]) == (
        "team",
        "parallel",
    )


def test_a_composition_may_be_a_function_of_the_app_as_it_is_set_up() -> None:
    seen: list[Any] = []

    def make(made: App) -> list[Any]:
        seen.append(made.models.get("desk"))
        return [echo("desk")]

    declared = app(compositions={"team": make})
    assert seen == []
    replace(declared, models={"desk": "openai:gpt-5-mini"}).assistant("team")
    assert seen[-1] == "openai:gpt-5-mini"


@pytest.mark.parametrize(
    "made",
    [[], [echo("a"), echo("a")], ["a"], lambda _: (), lambda _: [Parallel(members=[])]],
)
def test_a_composition_that_cannot_be_made_says_so_and_harms_no_style(made: Any) -> None:
    declared = app(compositions={"team": made})
    cast = resolve(declared, Settings())
    assert "Composition team" in cast.find("team").lacks
    assert "team" not in cast.runnable()
    assert "d" in cast.runnable()
    assert cast.styles["team"].style.when == "cannot be made"
    with pytest.raises(ConfigError, match="Composition team"):
        declared.assistant("team")


def test_an_unknown_composition_and_options_for_one_are_refused() -> None:
    made = app(compositions={"team": [echo("a")]})
    with pytest.raises(ConfigError, match="There is no pattern 'teem'"):
        made.assistant("teem")
    with pytest.raises(ConfigError, match="The App's own: team"):
        made.assistant("teem")
    with pytest.raises(ConfigError, match="declare one of your own"):
        made.assistant("router")
    with pytest.raises(ConfigError, match="no composition 'teem'"):
        made.compose("teem")
    with pytest.raises(ConfigError, match="takes no options, such as max_turns"):
        made.assistant("team", options={"max_turns": 3})


@pytest.mark.parametrize("name", ["e", "x", "", "Team", "1st", "a b", "a/b", "../x"])
def test_a_composition_has_a_name_of_its_own_that_no_style_can_have(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot have the name"):
        app(compositions={name: [echo("a")]})


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


async def loans(reader: str | None) -> list[StoreTable]:
    rows = [("dracula", "ana", None), ("emma\nby Austen", "bob", 2)]
    mine = [row for row in rows if reader in (None, row[1])]
    return [StoreTable("loans", ("book", "reader", "days"), mine)]


async def held() -> list[str]:
    return ["dracula ana"]


async def test_what_the_store_shows_tells_the_state_too() -> None:
    read = app(store_view=loans).state_reader
    assert read is not None
    assert await read() == ["loans dracula ana", "loans emma by Austen bob 2"]
    assert app(store_view=loans, state=held).state_reader is held
    assert app().state_reader is None


async def test_the_state_is_shown_to_who_sees_everybodys() -> None:
    view = app(state=held).store_reader
    assert view is not None
    assert list(await view(None)) == [StoreTable("state", ("line",), [("dracula ana",)])]
    assert list(await view("ana")) == [], "its lines do not say whose they are"
    assert app(store_view=loans, state=held).store_reader is loans
    assert app().store_reader is None


def test_functions_tools_and_servers_are_given_alike_and_typed_alike() -> None:
    def opening_hours(day: str) -> str:
        """Tell when it is open."""
        return f"{day} 9 to 5"

    weather = McpServer(name="weather", url="http://127.0.0.1:9/mcp")
    made = App(name="club", instructions="Be brief.", tools=[opening_hours, Tool(abs_of), weather])
    assert [each.name for each in made.tools] == ["opening_hours", "abs_of"]
    agent = FunctionCalling(tools=[opening_hours])
    assert [each.name for each in agent.tools] == ["opening_hours"]
    assert App(name="club", instructions="", tools=made.tools).tools == made.tools


def abs_of(number: int) -> int:
    """Give a number without its sign."""
    return abs(number)
