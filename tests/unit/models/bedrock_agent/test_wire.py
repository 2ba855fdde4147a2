"""boto3's own client against the stand-in for Bedrock Agents, over a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aws_lambda_powertools.utilities.parser.models import BedrockAgentFunctionEventModel

from batuta.core.message import Message
from batuta.core.model import Model, ModelReply, ModelRequest, ToolSchema, Usage
from batuta.errors import (
    BatutaError,
    ModelCut,
    ModelError,
    ModelNotFound,
    ModelRateLimited,
    ModelTimeout,
    ModelUnavailable,
)
from batuta.models.bedrock_agent import AgentAccess, BedrockAgentModel, agent_definition
from batuta.parts.managed_session import ATTRIBUTES, PROMPT_ATTRIBUTES, SESSION
from batuta.standin import Wire, serve_standin
from batuta.standin import bedrock_agent as standin
from batuta.testing.scripted import ScriptedModel, calls
from tests.contract.vendor_wire import check_agent_event
from tests.sockets import connected

FIND = ToolSchema(
    "find_sailings",
    "Finds sailings.",
    {
        "type": "object",
        "properties": {"day": {"type": "string"}, "seats": {"type": "integer"}},
        "required": ["day"],
    },
)
BUY = ToolSchema("buy", "Buys.", {"type": "object", "properties": {"id": {"type": "string"}}})
TOLD = {SESSION: "ses_1", ATTRIBUTES: {"who": "signed"}, PROMPT_ATTRIBUTES: {"now": "Monday"}}
SYSTEM = Message.system("").with_metadata(**TOLD)
WISH = calls(("find_sailings", {"day": "monday", "seats": 2}))


@asynccontextmanager
async def served(
    *lines: Any, execution: Any = "return_control", act: Any = None, wire: Wire | None = None,
    **access: Any,
) -> AsyncIterator[tuple[BedrockAgentModel, ScriptedModel]]:  # fmt: skip
    model = ScriptedModel(lines)
    made = agent_definition(
        "ferry", "Sell ferry tickets, kindly.", [FIND, BUY], execution=execution
    )
    door = standin.AgentStandIn(model, {"FERRY": made}, act=act, wire=wire)
    async with serve_standin(model, more={standin.PATH: door}) as server:
        given: dict[str, Any] = {
            "agent_id": "FERRY", "alias_id": "LIVE", "endpoint": server.url, "stand_in": True,
            "timeout_s": 10.0, **access,
        }  # fmt: skip
        agent = BedrockAgentModel(AgentAccess(**given))
        try:
            yield agent, model
        finally:
            await agent.aclose()


async def ask(agent: Model, *messages: Message, heard: list[str] | None = None) -> ModelReply:
    pieces = [] if heard is None else heard
    return await agent.reply(ModelRequest([SYSTEM, *messages]), pieces.append)


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Mapping[str, Any]]]:
    """What the stand-in sends, on its way into the wire's frames."""
    seen: list[tuple[str, Mapping[str, Any]]] = []
    framed = standin.event_stream

    def noted(name: str, payload: Mapping[str, Any], *, exception: bool = False) -> bytes:
        seen.append((name, payload))
        return framed(name, payload, exception=exception)

    monkeypatch.setattr(standin, "event_stream", noted)
    return seen


async def test_words_go_out_and_an_answer_comes_back_in_pieces() -> None:
    heard: list[str] = []
    line = ModelReply("Hello there.", usage=Usage(12, 3))
    async with served(line) as (agent, model):
        reply = await ask(agent, Message.user("hi"), heard=heard)
        await asyncio.sleep(0)

    assert (reply.text, "".join(heard)) == ("Hello there.", "Hello there.")
    assert (reply.usage, reply.usage_told, reply.stand_in) == (Usage(12, 3), True, True)
    system, user = model.requests[0].messages
    assert "Sell ferry tickets" in system.text
    assert "Now: Monday" in system.text
    assert "signed" not in system.text
    assert user.text == "hi"


async def test_control_comes_back_with_typed_arguments_and_goes_on_with_the_result() -> None:
    async with served(WISH, "There are two.") as (agent, model):
        asked = Message.user("monday?")
        wish = await ask(agent, asked)
        (call,) = wish.tool_calls
        assert (call.name, call.arguments) == ("find_sailings", {"day": "monday", "seats": 2})
        said = Message("assistant", tool_calls=wish.tool_calls)
        reply = await ask(agent, asked, said, Message.tool(call, '{"sailings": 2}'))

    assert reply.text == "There are two."
    assert [t.name for t in model.requests[0].tools] == ["find_sailings", "buy"]
    assert model.requests[1].messages[-1].text == '{"sailings": 2}'


async def test_aws_keeps_the_conversation() -> None:
    async with served("Hello, Ana.", "You are Ana.") as (agent, model):
        await ask(agent, Message.user("I am Ana"))
        await ask(agent, Message.user("who am I?"))

    texts = [m.text for m in model.requests[1].messages[1:]]
    assert texts == ["I am Ana", "Hello, Ana.", "who am I?"]


async def test_conversations_are_kept_apart() -> None:
    other = Message.system("").with_metadata(**{**TOLD, SESSION: "ses_2"})
    async with served("Hello.", "Who?") as (agent, model):
        await ask(agent, Message.user("I am Ana"))
        await agent.reply(ModelRequest([other, Message.user("who am I?")]))

    assert len(model.requests[1].messages) == 2


async def test_actions_on_lambda_get_awss_own_event_and_are_told_by_the_trace() -> None:
    seen: list[Mapping[str, Any]] = []

    async def act(event: Mapping[str, Any]) -> Mapping[str, Any]:
        seen.append(event)
        BedrockAgentFunctionEventModel.model_validate(event)
        body = {"TEXT": {"body": "two sailings"}}
        done = {"actionGroup": event["actionGroup"], "function": event["function"]}
        return {"response": {**done, "functionResponse": {"responseBody": body}}}

    async with served(WISH, "There are two.", execution="lambda", act=act) as (agent, _):
        reply = await ask(agent, Message.user("monday?"))

    assert reply.text == "There are two."
    assert seen[0]["sessionAttributes"] == {"who": "signed"}
    assert [(i.kind, i.name) for i in reply.inner] == [("tool", "find_sailings")]
    assert reply.inner[0].data == {
        "arguments": {"day": "monday", "seats": 2}, "result": "two sailings"
    }  # fmt: skip


@pytest.mark.parametrize("execution", ["return_control", "lambda"])
async def test_every_event_is_as_botocore_describes_it(
    events: list[tuple[str, Mapping[str, Any]]], execution: str
) -> None:
    async def act(event: Mapping[str, Any]) -> Mapping[str, Any]:
        body = {"TEXT": {"body": "ok"}}
        done = {"actionGroup": event["actionGroup"], "function": event["function"]}
        return {"response": {**done, "functionResponse": {"responseBody": body}}}

    async with served(WISH, "Two.", execution=execution, act=act) as (agent, _):
        wish = await ask(agent, Message.user("monday?"))
        if wish.tool_calls:
            said = Message("assistant", tool_calls=wish.tool_calls)
            results = [Message.tool(call, "{}") for call in wish.tool_calls]
            await ask(agent, said, *results)

    assert {"chunk", "trace"} <= {name for name, _ in events}
    for name, payload in events:
        check_agent_event(name, json.loads(json.dumps(payload)))


def test_an_event_that_botocore_does_not_know_is_seen() -> None:
    with pytest.raises(AssertionError):
        check_agent_event("chunk", {"text": "x"})


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (ModelRateLimited("m", None), ModelRateLimited),
        (ModelUnavailable("m", "down"), ModelUnavailable),
        (ModelError("m", "odd"), ModelUnavailable),
    ],
)
async def test_an_exception_in_the_stream_is_an_error_of_ours(
    raised: BatutaError, expected: type[ModelError]
) -> None:
    async with served(raised) as (agent, _):
        with pytest.raises(expected):
            await ask(agent, Message.user("hi"))


async def test_an_agent_that_is_not_there_is_not_found() -> None:
    async with served("x", agent_id="NOBODY") as (agent, _):
        with pytest.raises(ModelNotFound):
            await ask(agent, Message.user("hi"))


async def test_results_that_nobody_asked_for_are_rejected() -> None:
    async with served(WISH) as (agent, _):
        wish = await ask(agent, Message.user("hi"))
        call = replace(wish.tool_calls[0], id="inv_other|actions|0")
        with pytest.raises(ModelError, match="invocationId"):
            await ask(agent, Message("assistant", tool_calls=(call,)), Message.tool(call, "{}"))


@pytest.mark.parametrize("cut", [0, 1])
async def test_a_stream_that_breaks_off_is_no_answer(cut: int) -> None:
    async with served("Hello there.", wire=Wire(cut_after_events=cut)) as (agent, _):
        with pytest.raises((ModelCut, ModelUnavailable)):
            await ask(agent, Message.user("hi"))


async def test_an_agent_that_hangs_is_given_up() -> None:
    async with served("x", wire=Wire(hang_s=30), timeout_s=0.3) as (agent, _):
        with pytest.raises((ModelTimeout, ModelUnavailable)):
            await ask(agent, Message.user("hi"))
        async with asyncio.timeout(5):
            while connected(agent._access.endpoint):  # noqa: ASYNC110
                await asyncio.sleep(0.01)


async def test_giving_up_a_call_ends_its_thread() -> None:
    async with served("x", wire=Wire(hang_s=30)) as (agent, model):
        task = asyncio.create_task(ask(agent, Message.user("hi")))
        while not _asks():  # noqa: ASYNC110 - botocore's thread tells nobody
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(5):
            while _asks():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert model.requests == []


def _asks() -> Sequence[Any]:
    import sys

    return [f for f in sys._current_frames().values() if _is_asking(f)]


def _is_asking(frame: Any) -> bool:
    while frame is not None:
        if frame.f_code.co_name == "_ask" and "bedrock_agent" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False
