from __future__ import annotations

import asyncio
from typing import Any

import pytest

from batuta.compose.map_reduce import MapReduce
from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.errors import BudgetExceeded, MembersFailed, RuntimeFailure, ToolFailed
from batuta.parts.aggregation import Synthesis
from batuta.parts.answers import by_name, with_headings
from batuta.testing.scripted import ScriptedModel
from tests.unit.compose.cast import (
    Listens,
    Waits,
    asks,
    breaks,
    decisions,
    says,
    statuses,
    told,
)
from tests.unit.core.rig import does, echo, hosted, others, settled


def words(message: Message) -> list[str]:
    return message.text.split()


async def ran(text: str = "x y z", **more: Any) -> RunRecord:
    given = {"split": words, "mapper": echo("mapper"), "reducer": with_headings, **more}
    return await hosted(MapReduce(**given)).run("map_reduce", Message.user(text))


def mapper(fails_at: str = "", waits: Waits | None = None) -> Any:
    """Gives its part in capitals; fails at one, waits at those that are ``wait``."""

    class Maps:
        name, role = "mapper", "maps"

        async def execute(self, message: Message, run: Run) -> Message:
            if waits is not None and message.text == "wait":
                return await waits.execute(message, run)
            if message.text == fails_at:
                if waits is not None:
                    await waits.begun.wait()
                raise ToolFailed("t", f"cannot do {message.text}")
            return Message.assistant(message.text.upper())

    return Maps()


async def test_parts_keep_their_order_whichever_is_done_first() -> None:
    class Later:
        name, role = "mapper", "maps"

        async def execute(self, message: Message, run: Run) -> Message:
            await settled(9 - int(message.text))
            return Message.assistant(message.text)

    record = await ran("1 2 3 4", mapper=Later())
    assert record.text == "\n\n".join(f"## part {n}\n{n}" for n in range(1, 5))
    assert told(record)["parts"] == 4
    assert told(record)["stop"] == "4 of 4 parts done"


async def test_no_more_than_the_limit_work_at_once() -> None:
    working, peak = 0, 0

    async def work(run: Run) -> str:
        nonlocal working, peak
        working += 1
        peak = max(peak, working)
        await settled()
        working -= 1
        return "done"

    record = await ran("a b c d e f g", mapper=does("mapper", work), limit=3)
    assert peak == 3
    assert statuses(record) == ["done"] * 7


@pytest.mark.parametrize(
    "splitter",
    [
        says("split", '["x", "y"]'),
        says("split", '{"parts": ["x", "y"]}'),
        says("split", "two parts", {"parts": ["x", "y"]}),
        says("split", "", {"parts": [{"text": "x"}, {"text": "y"}]}),
    ],
)
async def test_an_agent_splits_with_a_json_list_and_counts_as_a_member(splitter: Any) -> None:
    record = await ran(split=splitter, reducer=by_name)
    assert record.reply is not None
    assert record.reply.data == {"part 1": "x", "part 2": "y"}
    assert [m["agent"] for m in told(record)["members"]] == ["split", "mapper", "mapper"]


async def test_a_part_that_is_an_object_is_the_mappers_data() -> None:
    hears = Listens("mapper")
    split = says("split", "", {"parts": [{"page": 1, "text": "one"}, {"page": 2}, 3]})
    await ran(split=split, mapper=hears)
    assert [m.text for m in hears.heard] == ["one", '{"page": 2}', "3"]
    assert [m.data for m in hears.heard] == [{"page": 1, "text": "one"}, {"page": 2}, None]


@pytest.mark.parametrize("text", ["no list", "[1, 2", '{"part": []}', "7"])
async def test_a_splitter_that_gives_no_list_is_a_clear_error(text: str) -> None:
    record = await ran(split=says("split", text))
    assert isinstance(record.failure, RuntimeFailure)
    assert "gave no list of parts" in str(record.failure)


async def test_a_function_that_gives_one_text_is_not_split_into_letters() -> None:
    record = await ran(split=lambda message: message.text)
    assert "gave no list of parts" in str(record.failure)


async def test_no_parts_and_too_many_are_errors_before_the_first_is_begun() -> None:
    hears = Listens("mapper")
    record = await ran("", split=lambda _: [], mapper=hears)
    assert "there are no parts" in str(record.failure)
    record = await ran("a b c", most_parts=2, mapper=hears)
    assert "3 parts; most_parts is 2" in str(record.failure)
    assert hears.heard == []


async def test_the_first_failed_part_gives_the_rest_up() -> None:
    waits = Waits("w")
    record = await ran("wait bad ok", mapper=mapper("bad", waits))
    assert isinstance(record.failure, ToolFailed)
    assert waits.cancelled
    assert others() == set()
    assert any("give up: a part failed" in said for said in decisions(record))


async def test_partial_tells_the_reducer_what_is_missing() -> None:
    hears = Listens("reducer")
    record = await ran("a bad c", mapper=mapper("bad"), reducer=hears, on_error="partial")
    assert statuses(record) == ["done", "failed", "done", "done"]
    assert told(record)["stop"] == "2 of 3 parts done"
    assert "## part 2\n(no answer: failed (Tool t: cannot do bad))" in hears.heard[0].text
    assert hears.heard[0].text.startswith("Question: a bad c")
    record = await ran("bad", mapper=mapper("bad"), on_error="partial")
    assert isinstance(record.failure, MembersFailed)


async def test_splitter_mapper_and_reducer_are_found_by_name() -> None:
    flow = MapReduce(split="split", mapper="mapper", reducer="reducer")
    assert flow.needs == ("split", "mapper", "reducer")
    runtime = hosted(says("split", '["x"]'), echo("mapper"), says("reducer", "sum"), flow)
    assert (await runtime.run("map_reduce", Message.user("q"))).text == "sum"


async def test_a_model_reduces() -> None:
    model = ScriptedModel(["one", "two", "one and two"])
    flow = MapReduce(split=words, mapper=asks("mapper"), reducer=Synthesis(), limit=1)
    record = await hosted(flow, model=model).run("map_reduce", Message.user("x y"))
    assert record.text == "one and two"
    assert record.model_calls == 3
    assert "## part 2\ntwo" in model.requests[2].messages[-1].text


async def test_a_spent_budget_is_the_runs_error() -> None:
    flow = MapReduce(split=words, mapper=asks("mapper"), reducer=with_headings)
    options = RunOptions(budget=Budget(model_calls=2))
    record = await hosted(flow).run("map_reduce", Message.user("x y z"), options)
    assert isinstance(record.failure, BudgetExceeded)
    assert record.model_calls == 2


async def test_cancelling_it_leaves_no_task_behind() -> None:
    waits = Waits("mapper")
    task = asyncio.create_task(ran(mapper=waits))
    await waits.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert others() == set()


@pytest.mark.parametrize(
    ("options", "says_why"),
    [
        ({"mapper": ""}, "no name"),
        ({"limit": 0}, "limit"),
        ({"timeout_s": 0}, "timeout_s"),
        ({"most_parts": 0}, "most_parts"),
        ({"on_error": "ignore"}, "on_error"),
    ],
)
def test_options_that_cannot_work_are_refused_at_construction(
    options: dict[str, Any], says_why: str
) -> None:
    with pytest.raises(ValueError, match=says_why):
        MapReduce(**{"split": words, "mapper": "m", "reducer": by_name, **options})


@pytest.mark.parametrize("name", ["split", "reducer"])
def test_what_can_neither_split_nor_reduce_is_refused_at_construction(name: str) -> None:
    with pytest.raises(TypeError, match=f"{name} is a function, an agent or the name of one"):
        MapReduce(**{"split": words, "mapper": "m", "reducer": by_name, name: 42})


async def test_a_reducer_that_gives_no_message_is_told_of() -> None:
    assert "gave str, not a Message" in str((await ran(reducer=lambda members: "six")).failure)


async def test_a_broken_splitter_or_reducer_is_the_runs_error() -> None:
    assert isinstance((await ran(split=breaks("s"))).failure, ToolFailed)
    assert isinstance((await ran(reducer=breaks("r"))).failure, ToolFailed)
