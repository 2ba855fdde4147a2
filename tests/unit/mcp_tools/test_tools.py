import asyncio
import logging
import socket
from pathlib import Path
from typing import Any

import pytest

from batuta import (
    FunctionCalling,
    McpServer,
    Principal,
    Run,
    RunOptions,
    ScriptedModel,
    run,
    tool,
)
from batuta.core.toolset import LiveTools, tools_of
from batuta.core.trace import traceparent
from batuta.errors import ConfigError, EffectUnknown, ToolFailed, ToolRetry, ToolServerUnreachable
from batuta.testing.scripted import calls
from tests.patience import scaled
from tests.unit.mcp_tools.house import heard, ran, server, used, within


@pytest.fixture
async def weather(tmp_path: Path):
    made = server(tmp_path, bound={"user": lambda context: context.principal.id})
    await made.start()
    yield made
    await made.stop()


def test_where_it_is_and_what_it_is_called_must_be_clear() -> None:
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({"name": "a b", "command": "x"}, "cannot have the name"),
        ({"name": "a"}, "neither command and url"),
        ({"name": "a", "command": "x", "url": "http://h/"}, "both command and url"),
        ({"name": "a", "url": "ftp://h/"}, "is no URL"),
        ({"name": "a", "command": "x", "effects": {"t": "none"}}, "effect 'none'"),
        ({"name": "a", "command": "x", "timeout_s": 0}, "timeout_s"),
    )
    for wrong, said in cases:
        with pytest.raises(ConfigError, match=said):
            McpServer(**wrong)


def test_nothing_secret_is_in_its_repr() -> None:
    made = McpServer(name="a", url="http://u:hush@h/", headers={"authorization": "Bearer hush"})

    assert "hush" not in repr(made)


async def test_what_can_be_used_is_offered_by_name_and_the_log_says_what_is_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    weather = server(tmp_path)
    with caplog.at_level(logging.WARNING):
        await weather.start()
    await weather.stop()

    names = [each.name for each in weather.known]
    assert names == sorted(names)
    assert "no_legal_name" in names
    unusable = ("no_schema", "elsewhere", "circle", "odd", "huge")
    assert not set(unusable) & set(names)
    for each in unusable:
        assert f"Tool '{each}' of MCP server weather is left out" in caplog.text


async def test_a_tool_writes_unless_the_server_or_the_user_says_that_it_reads(
    tmp_path: Path,
) -> None:
    weather = server(tmp_path, effects={"forecast": "write", "die": "read"})
    await weather.start()
    await weather.stop()

    effects = {each.name: each.effect for each in weather.known}
    assert effects["note"] == effects["forecast"] == "write"
    assert effects["refuse"] == effects["die"] == "read"


async def test_only_allowed_tools_are_there_under_their_prefix(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    weather = server(tmp_path, allowed_tools=["note", "forecast", "gone"], prefix="w_")
    assert weather.declared == ["w_note", "w_forecast", "w_gone"]
    with caplog.at_level(logging.WARNING):
        await weather.start()
    await weather.stop()

    assert [each.name for each in weather.known] == ["w_forecast", "w_note"]
    assert "offers no gone" in caplog.text
    assert "left out" not in caplog.text


async def test_a_tool_of_ones_own_keeps_its_name(tmp_path: Path) -> None:
    @tool
    def forecast(day: str) -> str:
        """Tell our own forecast."""
        return day

    weather = server(tmp_path, allowed_tools=["forecast", "note"])
    every = tools_of([weather, forecast], "Agent", "a")
    assert isinstance(every, LiveTools)
    assert [each.name for each in every] == ["forecast"]
    await every.start()
    await every.stop()

    named = {each.name: each for each in every}
    assert [*named] == ["forecast", "weather_forecast", "note"]
    assert named["forecast"] is forecast
    assert named["weather_forecast"].schema.name == "weather_forecast"
    assert [t.name for t in every.pick(["weather"])] == ["weather_forecast", "note"]
    assert [t.name for t in every.pick(["note", "forecast"])] == [
        "forecast",
        "weather_forecast",
        "note",
    ]


def test_two_servers_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="two tools of one name: weather"):
        tools_of([server(tmp_path), server(tmp_path)], "Agent", "a")


async def test_what_is_bound_is_filled_in_and_no_model_sees_it(
    weather: McpServer, tmp_path: Path
) -> None:
    async def work(run: Run) -> object:
        note = await weather.tool("note")
        assert note.schema.parameters["properties"] == {"text": {"type": "string"}}
        assert note.schema.parameters["required"] == ["text"]
        return await run.use(note, {"text": "hi"})

    record, _ = await ran(work, RunOptions(principal=Principal("ana", "Ana")))

    assert record.reply is not None
    assert record.reply.text == 'note {"text": "hi", "user": "ana"}'
    stolen = await used(weather, "note", text="hi", user="eve")
    assert isinstance(stolen.failure, ToolRetry)
    assert stolen.failure.arguments == ("user",)
    assert len(heard(tmp_path, "tools/call")) == 1


async def test_a_write_hands_on_its_key_and_a_read_none(weather: McpServer, tmp_path: Path) -> None:
    record = await used(weather, "note", text="hi")
    await used(weather, "forecast", city="aa")

    written, read = (call["params"] for call in heard(tmp_path, "tools/call"))
    assert len(written["_meta"]["batuta/idempotencyKey"]) == 32
    assert "batuta/idempotencyKey" not in read.get("_meta", {})
    assert [(effect.tool, effect.status) for effect in record.effects] == [("note", "done")]
    place = next(e.span for e in record.events if e.kind == "tool")
    assert written["_meta"]["traceparent"] == traceparent(record.run_id, place)


async def test_arguments_are_checked_before_the_server_is_asked(
    weather: McpServer, tmp_path: Path
) -> None:
    for wrong, said in (({}, "'city' is a required"), ({"city": 3}, "city: 3 is not of type")):
        record = await used(weather, "forecast", **wrong)
        assert isinstance(record.failure, ToolRetry)
        assert said in str(record.failure)
    assert not heard(tmp_path, "tools/call")


async def test_a_pattern_that_takes_for_ever_is_left_to_the_server(weather: McpServer) -> None:
    record = await used(weather, "forecast", city="a" * 60 + "!")

    assert record.failure is None


async def test_results_are_text_data_or_what_else_they_are_in_words(weather: McpServer) -> None:
    picture = await used(weather, "picture")
    assert picture.reply is not None
    assert picture.reply.text == (
        "here it is\n[image of type image/gif, 42 bytes]\n[image of type image/png, 6 bytes]"
    )


async def test_images_are_shown_to_models_that_shall_see_them(tmp_path: Path) -> None:
    weather: Any = server(tmp_path, allowed_tools=["picture"], images=True)
    model = ScriptedModel([calls(("picture", {})), "A dot."])
    await run(FunctionCalling(tools=[weather]), "Show me.", model=model)

    shown = model.requests[1].messages[-1]
    assert [each.media_type for each in shown.attachments] == ["image/gif"]
    assert "here it is\n[image of type image/png, 6 bytes]" in shown.text
    assert "is said to be image/png" in shown.text


async def test_a_result_of_ten_megabytes_is_cut(weather: McpServer) -> None:
    record = await used(weather, "big")

    assert record.reply is not None
    assert len(record.reply.text) < 101_000
    assert "[cut: the first 100000 of 10000000 characters]" in record.reply.text


async def test_a_refusal_is_for_the_model_to_read(weather: McpServer) -> None:
    record = await used(weather, "refuse")

    assert isinstance(record.failure, ToolRetry)
    assert record.failure.detail == "there is no weather today"


async def test_a_result_that_its_own_schema_does_not_allow_is_none(weather: McpServer) -> None:
    read, written = await used(weather, "lie"), await used(weather, "lying_write")

    assert type(read.failure) is ToolFailed
    assert "does not fit its own schema" in str(read.failure)
    assert isinstance(written.failure, EffectUnknown)
    assert [effect.status for effect in written.effects] == ["unknown"]


async def test_a_call_that_hangs_ends_at_its_limit_and_the_server_is_told(tmp_path: Path) -> None:
    limit_s = scaled(0.5)
    weather = server(tmp_path, timeout_s=limit_s)
    await weather.start()
    record = await used(weather, "hang")

    assert isinstance(record.failure, ToolFailed)
    assert f"did not finish within {limit_s:g} s" in str(record.failure)
    calls = await within(
        lambda: (
            len(heard(tmp_path, "notifications/cancelled")) == 2 and heard(tmp_path, "tools/call")
        )
    )
    told = [each["params"]["requestId"] for each in heard(tmp_path, "notifications/cancelled")]
    assert told == [call["id"] for call in calls]
    await weather.stop()


async def test_a_run_that_is_cancelled_tells_the_server(weather: McpServer, tmp_path: Path) -> None:
    running = asyncio.create_task(used(weather, "hang"))
    await within(lambda: heard(tmp_path, "tools/call"))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    told = await within(lambda: heard(tmp_path, "notifications/cancelled"))
    assert told[0]["params"]["requestId"] == heard(tmp_path, "tools/call")[0]["id"]


async def test_a_server_that_dies_in_a_read_is_started_and_asked_again(
    weather: McpServer, tmp_path: Path
) -> None:
    record = await used(weather, "die_once")

    assert record.reply is not None
    assert record.reply.text == "die_once {}"
    assert len(heard(tmp_path, "initialize")) == 2


async def test_a_server_that_dies_in_a_write_leaves_it_unknown(weather: McpServer) -> None:
    record = await used(weather, "die")

    assert isinstance(record.failure, EffectUnknown)
    assert "weather ended the connection during the call" in str(record.failure)
    assert [effect.status for effect in record.effects] == ["unknown"]


async def test_a_write_after_the_server_has_died_is_done_once(
    weather: McpServer, tmp_path: Path
) -> None:
    await used(weather, "die")
    record = await used(weather, "note", text="later")

    assert [effect.status for effect in record.effects] == ["done"]
    names = [call["params"]["name"] for call in heard(tmp_path, "tools/call")]
    assert names == ["die", "note"]


async def test_tools_that_come_later_are_offered_then(weather: McpServer) -> None:
    every = tools_of([weather], "Agent", "a")
    assert "grown" not in [each.name for each in every]
    await used(weather, "grow")
    await within(lambda: "grown" in [each.name for each in every])

    assert (await used(weather, "grown")).failure is None


async def test_the_last_one_who_uses_it_ends_its_process(tmp_path: Path) -> None:
    weather = server(tmp_path)
    await weather.start()
    await weather.start()
    await weather.stop()
    assert (await used(weather, "forecast", city="aa")).failure is None
    assert len(heard(tmp_path, "initialize")) == 1
    await weather.stop()
    assert (await used(weather, "forecast", city="aa")).failure is None
    assert len(heard(tmp_path, "initialize")) == 2
    await weather.stop()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"command": "/no/such/program"}, "cannot be started: there is no such program or folder"),
        ({"command": "false", "args": []}, "cannot be reached"),
        ({"command": "cat", "args": []}, "does not answer as an MCP server"),
        ({"command": "", "url": "http://127.0.0.1:{port}/mcp", "args": []}, "cannot be reached"),
    ],
)
async def test_a_server_that_is_not_there_is_named_and_its_address_is_not(
    tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        where = options.get("url", "").format(port=nobody.getsockname()[1])
        weather = server(tmp_path, **{**options, "url": where})
        with pytest.raises(ToolServerUnreachable) as raised:
            await weather.start()

    told = str(raised.value)
    assert said in told
    assert "tool server weather" in told
    assert "then try again" in told
    assert "127.0.0.1" not in told
    assert "/no/such" not in told


async def test_a_tool_that_is_not_offered_is_told_with_those_that_are(weather: McpServer) -> None:
    with pytest.raises(ConfigError, match="offers no tool nothing"):
        await weather.tool("nothing")
