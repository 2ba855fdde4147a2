"""What a reply's limit cut off is never done, is marked where it is read, and is explained."""

from __future__ import annotations

import json
from typing import Any

import pytest

from batuta.control.function_calling import FunctionCalling
from batuta.control.single_agent import SingleAgent
from batuta.core.agent import Agent, FunctionAgent
from batuta.core.budget import Budget
from batuta.core.continuation import GO_ON
from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelReply, ModelRequest, OutputSchema
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.tool import tool
from batuta.errors import ModelCut, ModelReplyInvalid
from batuta.frameworks.openai_agents import OpenAIAgentsLoop
from batuta.models.vendors import VendorModel
from batuta.runtimes.local import LocalRuntime
from batuta.wiring import LAYERS
from tests.unit.models.vendors import wires
from tests.unit.models.vendors.asking import DAY, TALK, completion, deltas, heard
from tests.unit.models.vendors.socket_server import (
    Asked,
    Server,
    Step,
    answer,
    chunked,
    frame,
    serving,
    sse,
)
from tests.unit.models.vendors.wires import ANTHROPIC, BEDROCK, CHAT, KEY, RESPONSES, Vendor

BOTH = pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)


def chat_cut(raw: str, *, streamed: bool) -> list[Step]:
    call = {"id": "a", "type": "function", "function": {"name": "pay", "arguments": raw}}
    if streamed:
        return deltas({"tool_calls": [{**call, "index": 0}]}, finish="length")
    return completion({"content": None, "tool_calls": [call]}, "length")


def claude_cut(raw: str, *, streamed: bool) -> list[Step]:
    if streamed:
        return chunked(
            *wires._claude_events([wires._use_block(("a", "pay", raw))]),
            *wires._claude_end("max_tokens"),
        )
    try:  # Anthropic gives what it could make of it
        given = json.loads(raw or "{}")
    except ValueError:
        given = {"amount": 125}
    return answer(wires._claude([wires._tool_use("a", "pay", given)], "max_tokens"))


def converse_cut(raw: str, *, streamed: bool) -> list[Step]:
    if streamed:
        return wires._converse_stream(wires._converse_calls(("a", "pay", raw)), "max_tokens")
    return wires._converse([wires._use("a", "pay", {})], "max_tokens")


def responses_cut(raw: str, *, streamed: bool) -> list[Step]:
    item = {**wires._function_call("a", "pay", raw), "status": "incomplete"}
    whole = wires._response(
        [item], status="incomplete", incomplete_details={"reason": "max_output_tokens"}
    )
    if not streamed:
        return answer(whole)
    begun = {"type": "response.output_item.added", "output_index": 0,
             "item": {**item, "arguments": ""}}  # fmt: skip
    piece = {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": raw}
    return chunked(*sse(begun, piece, {"type": "response.incomplete", "response": whole}))


CUT: list[tuple[Vendor, Any]] = [
    (CHAT, chat_cut), (ANTHROPIC, claude_cut), (BEDROCK, converse_cut), (RESPONSES, responses_cut),
]  # fmt: skip
ON_EACH = pytest.mark.parametrize(("vendor", "cut"), CUT, ids=[v.model for v, _ in CUT])


@BOTH
@ON_EACH
@pytest.mark.parametrize("raw", ["", '{"amount": 125', '{"amount": 125}'])
async def test_the_last_call_of_a_cut_reply_is_cut(
    vendor: Vendor, cut: Any, raw: str, streamed: bool
) -> None:
    reply, _, _ = await heard(vendor, cut(raw, streamed=streamed), streamed=streamed)
    (call,) = reply.tool_calls
    assert (reply.stop_reason, call.name, call.cut) == ("length", "pay", True)
    assert (call.arguments, call.invalid is None) == ({}, False)


def test_whoever_makes_a_cut_reply_cannot_pass_its_last_call_as_whole() -> None:
    first, last = ToolCall("1", "look", {"day": "Mo"}), ToolCall("2", "pay", {"amount": 125})
    made = ModelReply(tool_calls=(first, last), stop_reason="length")
    assert made.tool_calls[0] == first
    assert made.tool_calls[1] == ToolCall("2", "pay", {}, '{"amount": 125}', cut=True)
    assert Message.from_json(made.message().to_json()).tool_calls == made.tool_calls


PAID: list[float] = []


@tool(effect="write", key=())
def pay(amount: float = 5) -> str:
    """Pay money.

    Args:
        amount: How much.
    """
    PAID.append(amount)
    return "paid"


def agents() -> list[Agent]:
    return [
        FunctionCalling(name="d", tools=[pay]),
        SingleAgent(name="e", tools=[pay], loop=OpenAIAgentsLoop()),
    ]


async def ran(
    agent: Agent, model: VendorModel, *, streamed: bool, budget: Budget | None = None
) -> RunRecord:
    runtime = LocalRuntime(LAYERS, models=lambda _: model)
    options = RunOptions(budget=budget or Budget(), listener=(lambda _: None) if streamed else None)
    try:
        return await runtime.run(agent, Message.user("Pay 125000."), options)
    finally:
        await runtime.stop()
        await model.aclose()


def told_of(server: Server, at: int) -> str:
    asked: Asked = server.asked[at]
    return json.dumps(asked.body)


@BOTH
@ON_EACH
@pytest.mark.parametrize("style", ["d", "e"])
async def test_a_cut_call_of_a_writing_tool_is_not_done_and_the_model_hears_why(
    vendor: Vendor, cut: Any, style: str, streamed: bool
) -> None:
    PAID.clear()
    agent = next(one for one in agents() if one.name == style)
    answers = vendor.text_stream(("No.",)) if streamed else vendor.text("No.")
    async with serving(cut("", streamed=streamed), answers) as server:
        record = await ran(agent, vendor.make(server.url), streamed=streamed)
    assert PAID == []
    assert record.text == "No."
    assert "cut off at the limit of output tokens" in told_of(server, 1)


@BOTH
@pytest.mark.parametrize("style", ["d", "e"])
async def test_half_an_answer_says_that_it_is_half(style: str, streamed: bool) -> None:
    agent = next(one for one in agents() if one.name == style)
    said = {"content": "Court A is"}
    steps = deltas(said, finish="length") if streamed else completion(said, "length")
    async with serving(steps) as server:
        record = await ran(agent, CHAT.make(server.url), streamed=streamed)
    assert record.text.startswith("Court A is")
    assert "[Cut off: the model reached its limit of output tokens.]" in record.text
    assert record.stop_reason == "length"
    assert record.reply is not None
    assert record.reply.metadata["cut"] is True


@BOTH
@pytest.mark.parametrize("style", ["d", "e"])
async def test_half_an_answer_is_gone_on_with_where_that_is_set(style: str, streamed: bool) -> None:
    agent = next(one for one in agents() if one.name == style)
    said = [({"content": "Court A"}, "length"), ({"content": " is"}, "length"),
            ({"content": " free."}, "stop")]  # fmt: skip
    steps = [
        deltas(piece, finish=finish, usage=TOLD) if streamed
        else completion(piece, finish, usage=TOLD)
        for piece, finish in said
    ]  # fmt: skip
    for most, meant, stop in ((2, "Court A is free.", "done"), (1, "Court A is", "length")):
        async with serving(*steps) as server:
            record = await ran(
                agent, CHAT.make(server.url), streamed=streamed, budget=Budget(continuations=most)
            )
        assert record.text.startswith(meant)
        assert ("Cut off" in record.text) == (stop == "length")
        assert record.stop_reason == stop
        assert (record.model_calls, record.usage.output_tokens) == (most + 1, 9 * (most + 1))
        assert [m["content"] for m in server.asked[most].body["messages"]][-2:] == [
            "Court A is" if most == 2 else "Court A", GO_ON
        ]  # fmt: skip


async def test_where_the_budget_does_not_let_it_go_on_it_stays_cut_off() -> None:
    agent = agents()[0]
    async with serving(completion({"content": "Court A is"}, "length")) as server:
        budget = Budget(continuations=3, model_calls=2)
        record = await ran(agent, CHAT.make(server.url), streamed=False, budget=budget)
    assert record.text.startswith("Court A isCourt A is\n\n[Cut off")
    assert record.stop_reason == "length"


async def test_calls_and_data_are_not_gone_on_with() -> None:
    call = {"index": 0, "id": "c", "function": {"name": "pay", "arguments": '{"amount": 125'}}
    wish = {"content": "One moment", "tool_calls": [call]}

    async def main(message: Message, run: Run) -> Message:
        reply = await run.ask([message], tools=(pay,))
        assert reply.tool_calls[0].cut
        form = OutputSchema("Form", {"type": "object", "properties": {}})
        reply = await run.ask([message], output=form)
        assert reply.stop_reason == "length"
        return Message.assistant("asked twice")

    steps = completion(wish, "length")
    async with serving(steps, completion({"content": '{"day": "Mo'}, "length")) as server:
        record = await ran(
            FunctionAgent(name="desk", answer=main),
            CHAT.make(server.url), streamed=False, budget=Budget(continuations=3),
        )  # fmt: skip
    assert (record.text, record.model_calls) == ("asked twice", 2)


TOLD = {"prompt_tokens": 30, "completion_tokens": 9, "total_tokens": 39}
USAGE = {
    "prompt_tokens": 30, "completion_tokens": 2048, "total_tokens": 2078,
    "completion_tokens_details": {"reasoning_tokens": 2040},
}  # fmt: skip


@BOTH
async def test_an_empty_reply_names_the_limit_what_thinking_took_and_the_setting(
    streamed: bool,
) -> None:
    empty = {"content": ""}
    steps = (
        deltas(empty, finish="length", usage=USAGE)
        if streamed
        else completion(empty, "length", usage=USAGE)
    )
    with pytest.raises(ModelReplyInvalid) as caught:
        await heard(CHAT, steps, streamed=streamed)
    for word in ("128,000 output tokens", "2,040 went to reasoning", "max_output_tokens"):
        assert word in str(caught.value)
    assert caught.value.spent[0].usage.output_tokens == 2048
    assert caught.value.spent[0].told


async def test_responses_that_only_thought_say_so() -> None:
    thought = {"type": "reasoning", "id": "rs_1", "summary": []}
    whole = wires._response(
        [thought], status="incomplete", incomplete_details={"reason": "max_output_tokens"}
    )
    with pytest.raises(ModelReplyInvalid, match="limit of 128,000 output tokens, of which 4 went"):
        await heard(RESPONSES, answer(whole))


async def test_the_limit_is_that_of_the_budget() -> None:
    async with serving(CHAT.text("ok")) as server:
        budget = Budget(max_output_tokens=9000)
        await ran(agents()[0], CHAT.make(server.url), streamed=False, budget=budget)
    assert server.asked[0].body["max_completion_tokens"] == 9000


async def test_a_form_that_was_cut_is_not_taken_for_whole() -> None:
    form = ModelRequest(TALK, output=OutputSchema("pay", DAY))
    for vendor, cut in CUT[1:3]:
        steps = cut('{"day": "Mo', streamed=True)
        reply, _, _ = await heard(vendor, steps, request=form, streamed=True)
        assert (reply.output, reply.text) == (None, '{"day": "Mo'), vendor.model
        with pytest.raises(ModelReplyInvalid, match="cut off at the limit"):
            await heard(vendor, cut('{"day": "Mo', streamed=False), request=form)


async def test_a_stream_of_bedrocks_that_ends_in_the_middle_of_a_frame_is_cut() -> None:
    piece = {"contentBlockIndex": 0, "delta": {"text": "125000"}}
    begun = [frame("messageStart", {"role": "assistant"}), frame("contentBlockDelta", piece)]
    end = frame("messageStop", {"stopReason": "end_turn"})
    for size in (1, 12, len(end) - 1):
        steps = chunked(*begun, end[:size], kind="application/vnd.amazon.eventstream")
        with pytest.raises(ModelCut):
            await heard(BEDROCK, steps, streamed=True)


async def test_a_claude_stream_that_stops_without_its_end_is_cut() -> None:
    begun = wires._claude_events([wires._use_block(("a", "pay", '{"amount": 125000}'))])
    for length in range(1, len(begun) + 1):
        with pytest.raises(ModelCut):
            await heard(ANTHROPIC, chunked(*begun[:length]), streamed=True)
