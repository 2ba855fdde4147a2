"""A managed agent's actions: AWS's own event in, a tool under our run, AWS's own answer out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from aws_lambda_powertools.utilities.parser.models import BedrockAgentFunctionEventModel

from batuta.core.clock import FixedClock
from batuta.core.principal import READ, Principal
from batuta.core.redaction import Secret
from batuta.core.run import Run
from batuta.core.tool import Deny, ToolUse, Verdict, tool
from batuta.core.tool_context import ToolContext
from batuta.errors import ToolFailed
from batuta.models.bedrock_agent.definition import value_of
from batuta.remote.aws_lambda.actions import Actions, told_to_actions
from batuta.runtimes.local import LocalRuntime
from batuta.wiring import LAYERS
from tests.lambda_api import SECRET

ANA = Principal("ana", "Ana")
NOW = FixedClock(datetime(2026, 11, 21, 9, tzinfo=UTC))
DONE: list[tuple[str, ...]] = []


@tool(effect="write", key=("slot",))
async def book(slot: str, people: int, who: Principal, context: ToolContext) -> dict[str, str]:
    """Book a slot.

    Args:
        slot: Which.
    """
    if slot == "gone":
        raise ToolFailed("book", "it is gone")
    DONE.append((who.id, slot, str(people), context.idempotency_key))
    return {"slot": slot, "at": context.clock.now().isoformat()}


@tool
async def long(size: int) -> str:
    """Write much."""
    return "x" * size


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    DONE.clear()


def _attributes(who: Principal = ANA, secret: Secret = SECRET) -> dict[str, str]:
    job: Any = LocalRuntime(LAYERS).job(
        run_id="r1", principal=who, session=_session(who), account=None, trace=None, clock=NOW,
        idempotency_prefix="p1",
    )  # fmt: skip
    return dict(told_to_actions(secret)(Run(job, None, "1", depth=1, shares=True)))


def _session(who: Principal) -> Any:
    from batuta.core.session import Session

    return Session("s1", who.id)


def _event(function: str, attributes: dict[str, str], **parameters: str) -> dict[str, Any]:
    kinds = {"people": "integer", "size": "integer"}
    event = {
        "messageVersion": "1.0",
        "agent": {"name": "club", "id": "A", "alias": "B", "version": "1"},
        "inputText": "Book it",
        "sessionId": "s1",
        "actionGroup": "actions",
        "function": function,
        "parameters": [
            {"name": n, "type": kinds.get(n, "string"), "value": v} for n, v in parameters.items()
        ],
        "sessionAttributes": attributes,
        "promptSessionAttributes": {"now": "today"},
    }
    BedrockAgentFunctionEventModel.model_validate(event)
    return event


def _actions(*hooks: Any) -> Actions:
    return Actions(
        tools=[book, long], runtime=LocalRuntime(LAYERS), secret=SECRET, read=value_of, hooks=hooks
    )


async def _asked(event: dict[str, Any], *hooks: Any) -> tuple[Any, str, dict[str, Any]]:
    """Give the text, the state and the whole answer, once its form was checked."""
    answer: Any = await _actions(*hooks).answer(event)
    assert answer["messageVersion"] == "1.0"
    response = answer["response"]
    assert (response["actionGroup"], response["function"]) == ("actions", event["function"])
    told = response["functionResponse"]
    assert set(told) <= {"responseBody", "responseState"}
    assert answer["promptSessionAttributes"] == {"now": "today"}
    text = told["responseBody"]["TEXT"]["body"]
    return text, told.get("responseState", ""), answer


async def test_an_action_is_done_for_who_signed_at_the_runs_time() -> None:
    text, state, _ = await _asked(_event("book", _attributes(), slot="s", people="2"))
    assert json.loads(text) == {"slot": "s", "at": "2026-11-21T09:00:00+00:00"}
    assert state == ""
    assert [done[:3] for done in DONE] == [("ana", "s", "2")]


async def test_the_same_wish_in_the_same_run_has_the_same_key() -> None:
    for attributes in (_attributes(), _attributes()):
        await _asked(_event("book", attributes, slot="s", people="2"))
    await _asked(_event("book", _attributes(), slot="t", people="2"))
    keys = [done[3] for done in DONE]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        _attributes(secret=Secret("another secret that is long enough")),
        {**_attributes(), "batuta_run": "r2"},
        {**_attributes(), "batuta_session": "s2"},
    ],
    ids=["none", "secret", "run", "session"],
)
async def test_without_a_signed_principal_nothing_is_done(attributes: dict[str, str]) -> None:
    _, state, answer = await _asked(_event("book", attributes, slot="s", people="2"))
    assert state == "FAILURE"
    assert "sessionAttributes" not in answer
    assert DONE == []


async def test_what_the_agent_may_mend_is_put_to_it_again() -> None:
    for event in (
        _event("book", _attributes(), slot="s", people="many"),
        _event("book", _attributes(), slot="s"),
        _event("fly", _attributes()),
        _event("long", _attributes(), size="30000"),
    ):
        text, state, _ = await _asked(event)
        assert state == "REPROMPT"
        assert json.loads(text)["retry"] is True
    assert DONE == []


async def test_a_final_refusal_is_for_the_agent_to_read() -> None:
    rita = Principal("rita", "Rita", frozenset({READ}))
    for event, said in (
        (_event("book", _attributes(), slot="gone", people="1"), "it is gone"),
        (_event("book", _attributes(rita), slot="s", people="1"), "rita may not use book"),
    ):
        text, state, _ = await _asked(event)
        assert state == ""
        assert said in json.loads(text)["error"]
    assert DONE == []


async def test_what_hooks_keep_travels_in_the_sessions_attributes() -> None:
    class Once:
        async def __call__(self, use: ToolUse) -> Verdict:
            from batuta.core.tool import Approve

            assert use.question is not None
            assert use.question.text == "Book it"
            return Deny("once is enough") if use.session.state.get("booked") else Approve()

        async def after(self, use: ToolUse, result: Any) -> None:
            use.session.state["booked"] = True

    _, _, answer = await _asked(_event("book", _attributes(), slot="s", people="2"), Once())
    kept = answer["sessionAttributes"]
    text, _, _ = await _asked(_event("book", kept, slot="t", people="2"), Once())
    assert "once is enough" in text
    assert len(DONE) == 1
