"""An App whose tools live on a server, under the styles in which a model picks tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from batuta import (
    App,
    FunctionAgent,
    HandoffAgent,
    Message,
    Parallel,
    Run,
    ScriptedModel,
    Specialist,
    Swarm,
)
from batuta.core.budget import Budget
from batuta.core.principal import READ, Principal
from batuta.errors import BudgetExceeded, ConfigError
from batuta.settings import Settings, read_settings
from batuta.testing.scripted import calls
from batuta.wiring import Assistants, run
from tests.unit.mcp_tools.house import heard, server

BOUND: Any = {"user": lambda context: context.principal.id}
WISH = calls(("forecast", {"city": "aa"}), ("note", {"text": "rain"}))
TOOLS = ["forecast", "note"]


def app(folder: Path, **options: Any) -> App:
    weather: Any = server(folder, allowed_tools=TOOLS, bound=BOUND)
    return App(name="diary", instructions="Keep a diary.", tools=[weather], **options)


async def answered(made: App, style: str, lines: list[Any], **options: Any) -> Any:
    async with made.assistant(style, model=ScriptedModel(lines), **options) as assistant:
        return await assistant.chat("What weather? Note it.", principal=Principal("ana", "Ana"))


def done(record: Any) -> list[Any]:
    return [(effect.tool, effect.status) for effect in record.effects]


@pytest.mark.parametrize("style", ["d", "e"])
async def test_a_model_uses_them_as_any_tool(tmp_path: Path, style: str) -> None:
    record = await answered(app(tmp_path), style, [WISH, "Noted."])

    assert record.raised().text == "Noted."
    assert done(record) == [("note", "done")]
    assert [e.name for e in record.events if e.kind == "tool" and e.phase == "end"] == TOOLS
    said = [call["params"]["arguments"] for call in heard(tmp_path, "tools/call")]
    assert said == [{"city": "aa"}, {"text": "rain", "user": "ana"}]


async def test_a_specialist_of_a_manager_has_those_of_the_server_it_names(tmp_path: Path) -> None:
    keeper = Specialist("keeper", "Keeps the diary.", "Note it.", ("weather",))
    reader = Specialist("reader", "Reads.", "Read.", ("forecast",))
    made = app(tmp_path, specialists=[keeper, reader])
    lines = [calls(("keeper", {"task": "note"})), WISH, "Kept.", calls(("reader", {"task": "r"}))]
    model = ScriptedModel([*lines, "Read.", "Noted."])
    async with made.assistant("f", model=model) as assistant:
        record = await assistant.chat("Note the weather.")

    assert record.raised().text == "Noted."
    assert [t.name for t in model.requests[1].tools] == TOOLS
    assert [t.name for t in model.requests[4].tools] == ["forecast"]
    assert done(record) == [("note", "done")]


async def test_a_step_of_a_workflow_uses_one_by_name(tmp_path: Path) -> None:
    weather = server(tmp_path)

    async def look(message: Message, run: Run) -> Message:
        tool = await weather.tool("forecast")
        return Message.assistant(await run.use(tool, {"city": "aa"}))

    made = App(
        name="diary", instructions="", tools=[], steps=[FunctionAgent(name="look", answer=look)]
    )
    record = await answered(made, "b", [])
    await weather.stop()

    assert record.raised().text == 'forecast {"city": "aa"}'


async def test_members_held_as_objects_have_them_too(tmp_path: Path) -> None:
    weather: Any = server(tmp_path, allowed_tools=TOOLS, bound=BOUND)
    one = HandoffAgent(name="one", instructions="Note.", tools=[weather])
    record = await run(
        Swarm(members=[one], entry="one"), "Note it.", model=ScriptedModel([WISH, "ok"])
    )

    assert record.raised().text == "ok"
    assert done(record) == [("note", "done")]
    both = await run(Parallel(members=[one]), "Note it.", model=ScriptedModel([WISH, "ok"]))
    assert done(both) == [("note", "done")]
    assert len(heard(tmp_path, "initialize")) == 2


async def test_who_may_not_write_may_not_write_there(tmp_path: Path) -> None:
    made = app(tmp_path)
    async with made.assistant("d", model=ScriptedModel([WISH, "ok"])) as assistant:
        record = await assistant.chat("Note.", principal=Principal("ana", "Ana", frozenset({READ})))

    assert done(record) == []
    assert [call["params"]["name"] for call in heard(tmp_path, "tools/call")] == ["forecast"]


async def test_the_budget_holds_for_them(tmp_path: Path) -> None:
    record = await answered(app(tmp_path), "d", [WISH, "ok"], budget=Budget(tool_calls=1))

    assert isinstance(record.failure, BudgetExceeded)
    assert len(heard(tmp_path, "tools/call")) == 1


async def test_one_connection_serves_every_style_of_a_door(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    async with Assistants(app(tmp_path), settings) as house:
        await house.style("d")
        await house.style("e")
        assert len(heard(tmp_path, "initialize")) == 1


def test_a_specialist_of_an_unknown_tool_is_refused_before_any_server_is_asked(
    tmp_path: Path,
) -> None:
    with pytest.raises(ConfigError, match="uses other, no tools of the App") as raised:
        app(tmp_path, specialists=[Specialist("s", "S.", "S.", ("other",))])

    assert "forecast, note, weather" in str(raised.value)
    assert not heard(tmp_path)


FILE = """
[mcp.weather]
command = "{command}"
args = ["{script}", "{heard}"]
env = {{ TOKEN = "Bearer ${{SECRET}}" }}
allowed_tools = ["forecast", "note"]
bound = {{ user = "principal.id" }}
effects = {{ forecast = "write" }}
specialists = ["keeper"]
"""


def written(folder: Path, text: str) -> Settings:
    (folder / "batuta.toml").write_text(text)
    return read_settings({"SECRET": "hush", "BATUTA_HOME": str(folder)}, folder)


async def test_a_server_of_the_settings_serves_an_app_that_knows_nothing_of_it(
    tmp_path: Path,
) -> None:
    known: Any = server(tmp_path)
    text = FILE.format(command=known.command, script=known.args[0], heard=known.args[1])
    settings = written(tmp_path, text)
    assert settings.mcp["weather"].env == {"TOKEN": "Bearer hush"}
    assert "hush" not in repr(settings)
    keeper = Specialist("keeper", "Keeps the diary.", "Note it.", ())
    made = App(name="diary", instructions="", tools=[], specialists=[keeper])

    record = await answered(made, "d", [WISH, "Noted."], settings=settings)
    assert done(record) == [("forecast", "done"), ("note", "done")]
    model = ScriptedModel([calls(("keeper", {"task": "note"})), WISH, "Kept.", "Noted."])
    async with made.assistant("f", model=model, settings=settings) as assistant:
        assert done(await assistant.chat("Note it.")) == [("forecast", "done"), ("note", "done")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[mcp.a]\ncommand = 'x'\ntimeout = 3", "has timeout, which nobody reads"),
        ("[mcp.a]\ncommand = 'x'\ntimeout_s = 0", "mcp.a.timeout_s is not a number of seconds"),
        ("[mcp.a]\ncommand = 'x'\nargs = 'y'", "mcp.a.args is not a list of texts"),
        ("[mcp.a]\nurl = 'http://h/'\nheaders = {k = '${UNSET}'}", "is not set"),
        ("[mcp.a]\ncommand = 'x'\nbound = {u = 'principal.permissions'}", "one of principal.id"),
        ("mcp = 3", "mcp is not a table"),
    ],
)
def test_a_setting_that_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        written(tmp_path, text)


def test_a_server_for_a_specialist_that_is_not_there_is_refused(tmp_path: Path) -> None:
    settings = written(tmp_path, "[mcp.a]\ncommand = 'x'\nspecialists = ['nobody']")
    made = App(name="diary", instructions="", tools=[])

    with pytest.raises(ConfigError, match="names nobody, no specialist of App diary"):
        made.assistant("d", settings=settings)
