"""The narrow waist: what an agent can do through its run, and the events that it leaves."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.model import ModelReply, ModelRequest
from batuta.core.model_settings import ModelSettings
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.tool import tool
from batuta.core.trace import Event
from batuta.errors import ModelRefused, ModelReplyInvalid
from batuta.testing.scripted import ScriptedModel
from tests.unit.core.rig import FREE, HELLO, does, echo, hosted, named, ran, reply


class Answer(BaseModel):
    """A number."""

    number: int


@tool
def double(number: int) -> int:
    """Double a number."""
    return number * 2


async def test_ask_gives_the_models_reply() -> None:
    model = ScriptedModel([reply("hi", (3, 4))])

    async def main(run: Run) -> str:
        said = await run.ask([HELLO], tools=[double])
        return f"{said.text} {said.usage.total_tokens}"

    record = await ran(main, model=model)
    assert record.text == "hi 7"
    assert model.requests[0].messages == [HELLO]
    assert model.requests[0].tools == (double.schema,)


async def test_a_ready_request_goes_to_the_model_as_it_is() -> None:
    model = ScriptedModel(["ok"])
    request = ModelRequest([HELLO], max_output_tokens=7, settings=ModelSettings(temperature=0.5))

    async def main(run: Run) -> None:
        await run.ask(request)

    await ran(main, model=model)
    assert model.requests == [request]


async def test_a_model_of_ones_own_or_by_name_is_asked() -> None:
    own, other, default = (ScriptedModel([name], name=f"scripted:{name}") for name in "abc")

    async def main(run: Run) -> str:
        asked = [await run.ask([HELLO], model=m) for m in (own, "b", None)]
        return "".join(a.text for a in asked)

    from batuta.runtimes.local import LocalRuntime
    from batuta.wiring import LAYERS

    by_name = {"b": other, None: default}
    runtime = LocalRuntime(LAYERS, models=lambda name: by_name[name], prices=FREE)
    record = await runtime.run(does("main", main), HELLO)
    assert record.text == "abc"
    assert [e.name for e in named(record.events, "model")] == [
        "scripted:a", "scripted:b", "scripted:c",
    ]  # fmt: skip


async def test_use_gives_the_tools_own_result() -> None:
    async def main(run: Run) -> int:
        return await run.use(double, {"number": "21"}) + 0

    assert (await ran(main)).text == "42"


async def test_step_gives_what_the_work_gives_and_raises_what_it_raises() -> None:
    async def main(run: Run) -> str:
        async def work() -> int:
            return 5

        async def fails() -> int:
            raise LookupError("nothing there")

        first = await run.step("work", work)
        with pytest.raises(LookupError):
            await run.step("fails", fails)
        return str(first)

    record = await ran(main)
    assert record.text == "5"
    assert [e.error for e in named(record.events, "step", "end")] == [
        None, "LookupError: nothing there",
    ]  # fmt: skip


async def test_structured_replies_are_validated() -> None:
    async def main(run: Run) -> int:
        return (await run.ask_as(Answer, [HELLO])).number

    for line in (reply("", output={"number": 4}), '{"number": 4}'):
        model = ScriptedModel([line])
        assert (await ran(main, model=model)).text == "4"
        output = model.requests[0].output
        assert output is not None
        assert (output.name, output.schema["required"]) == ("Answer", ["number"])


async def test_a_shapes_schema_is_made_once_and_tells_the_shape() -> None:
    model = ScriptedModel([reply("", output={"number": 4})], repeat=True)

    async def main(run: Run) -> None:
        await run.ask_as(Answer, [HELLO])
        await run.ask_as(Answer, [HELLO])

    assert (await ran(main, model=model)).error is None
    first, second = [request.output for request in model.requests]
    assert first is not None
    assert first is second
    assert first.schema == Answer.model_json_schema()


async def test_a_structured_reply_may_be_mended_once_and_the_users_words_stay_last() -> None:
    model = ScriptedModel([reply("", output={"number": "x"}), reply("", output={"number": 1})])

    async def main(run: Run) -> int:
        return (await run.ask_as(Answer, [HELLO])).number

    assert (await ran(main, model=model)).text == "1"
    told, question = model.requests[1].messages
    assert question == HELLO
    assert told.role == "system"
    assert "number: Input should be a valid integer" in told.text


async def test_a_refusal_where_a_structured_reply_was_asked_for_is_one() -> None:
    async def main(run: Run) -> None:
        await run.ask_as(Answer, [HELLO])

    for words, said in (("I will not.", "m: refused: I will not."), ("", "m: refused to answer.")):
        model = ScriptedModel([ModelReply(words, stop_reason="refused", model="m")])
        record = await ran(main, model=model)
        assert isinstance(record.failure, ModelRefused)
        assert said in str(record.failure)


@pytest.mark.parametrize("repairs", [0, 1, 3])
async def test_a_structured_reply_that_never_fits_is_invalid(repairs: int) -> None:
    model = ScriptedModel(["no JSON"], repeat=True)

    async def main(run: Run) -> None:
        await run.ask_as(Answer, [HELLO], repairs=repairs)

    record = await ran(main, model=model)
    assert isinstance(record.failure, ModelReplyInvalid)
    assert len(model.requests) == repairs + 1


@pytest.mark.parametrize("nonsense", ["", "null", "[]", '"text"', '{"number": null}', "{"])
async def test_any_nonsense_for_a_structured_reply_is_invalid(nonsense: str) -> None:
    async def main(run: Run) -> None:
        await run.ask_as(Answer, [HELLO])

    record = await ran(main, model=ScriptedModel([nonsense], repeat=True))
    assert record.error is not None
    assert record.error["code"] == "model_reply_invalid"


async def busy(run: Run) -> Message:
    """Do one of each: 1.1 ask, 1.2 use, 1.3 step, 1.4 decide, 1.5 and 1.6 calls at once."""

    async def work() -> None:
        await run.use(double, {"number": 2})  # 1.4, inside the step's time but not its frame

    await run.ask([HELLO])
    await run.use(double, {"number": 1}, by="model")
    await run.step("work", work)
    run.decide("go on", "because")
    answers = await run.together(run.call("a", HELLO), run.call("b", HELLO))
    return answers[0]


async def nests(run: Run) -> Message:
    await run.ask([HELLO])
    return await run.call("leaf", HELLO)


async def test_events_nest_by_span_and_parent() -> None:
    record = await ran(busy, does("a", nests), echo("b"), echo("leaf"))
    starts = {(e.span, e.parent, e.kind, e.name) for e in record.events if e.phase != "end"}
    assert starts == {
        ("1", "", "agent", "main"),
        ("1.1", "1", "model", "scripted:lines"),
        ("1.2", "1", "tool", "double"),
        ("1.3", "1", "step", "work"),
        ("1.4", "1", "tool", "double"),
        ("1.5", "1", "decision", "go on"),
        ("1.6", "1", "agent", "a"),
        ("1.6.1", "1.6", "model", "scripted:lines"),
        ("1.6.2", "1.6", "agent", "leaf"),
        ("1.7", "1", "agent", "b"),
    }
    assert [e.seq for e in record.events] == list(range(len(record.events)))


async def test_every_start_has_its_end_and_children_lie_inside() -> None:
    record = await ran(busy, does("a", nests), echo("b"), echo("leaf"))
    began: dict[str, int] = {}
    ended: dict[str, int] = {}
    for event in record.events:
        if event.phase == "start":
            began[event.span] = event.seq
        elif event.phase == "end":
            ended[event.span] = event.seq
    assert began.keys() == ended.keys()
    for event in record.events:
        if event.parent:
            assert began[event.parent] < event.seq < ended[event.parent]


async def test_every_event_says_who_decided() -> None:
    agents = (does("a", nests, decides="manager"), echo("b"), does("leaf", busy_leaf))
    record = await ran(busy, *agents)
    by = {e.span: e.by for e in record.events}
    assert by == {
        "1": "user", "1.1": "code", "1.2": "model", "1.3": "code", "1.4": "code", "1.5": "code",
        "1.6": "code", "1.6.1": "manager", "1.6.2": "manager", "1.6.2.1": "model", "1.7": "code",
    }  # fmt: skip


async def busy_leaf(run: Run) -> str:
    run.decide("pick", by="model")
    return "leaf"


async def test_text_streams_to_the_listener_inside_its_model_call() -> None:
    class Streams(ScriptedModel):
        async def reply(self, request: ModelRequest, emit: Any = None) -> Any:
            for piece in ("a", "b", "c"):
                emit(piece)
            return reply("abc")

    heard: list[Event] = []
    runtime = hosted(does("main", lambda run: run.ask([HELLO])), model=Streams([]))
    record = await runtime.run("main", HELLO, RunOptions(listener=heard.append))
    pieces = [e for e in heard if e.kind == "text"]
    assert [e.data and e.data["text"] for e in pieces] == ["a", "b", "c"]
    assert {(e.seq, e.span, e.parent, e.by) for e in pieces} == {(-1, "1.1", "1", "model")}
    assert tuple(e for e in heard if e.seq >= 0) == record.events


async def test_an_answer_without_a_listener_is_the_same() -> None:
    async def main(run: Run) -> str:
        return (await run.ask([HELLO])).text

    assert (await ran(main, model=ScriptedModel(["abc"]))).text == "abc"


async def test_depth_is_one_more_for_each_agent_inside_another() -> None:
    depths: list[int] = []

    async def main(run: Run) -> Message:
        depths.append(run.depth)
        return await run.call("inner", HELLO)

    async def inner(run: Run) -> str:
        depths.append(run.depth)
        return "in"

    await ran(main, does("inner", inner))
    assert depths == [1, 2]


async def test_a_failed_call_is_an_end_with_its_error() -> None:
    async def fails(run: Run) -> None:
        raise ValueError("oh")

    record = await ran(lambda run: run.call("f", HELLO), does("f", fails))
    ends = {e.span: e.error for e in named(record.events, "agent", "end")}
    wrong = "AgentFailed: Agent f: ValueError: oh"
    assert ends == {"1": wrong, "1.1": wrong}


async def test_a_refused_call_leaves_the_run_able_to_go_on() -> None:
    async def main(run: Run) -> str:
        with pytest.raises(Exception, match="depth"):
            await run.call("echo", HELLO)
        return (await run.ask([HELLO])).text

    assert (await ran(main, echo("echo"), budget=Budget(depth=1))).text == "ok"


async def test_the_same_request_gives_the_same_spans() -> None:
    first, second = [await ran(busy, does("a", nests), echo("b"), echo("leaf")) for _ in range(2)]
    assert [e[:7] for e in first.events] == [e[:7] for e in second.events]
