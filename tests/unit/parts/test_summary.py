"""A conversation longer than the window, told in a summary."""

from __future__ import annotations

from typing import Any

from batuta.app import App
from batuta.assistant import Limits
from batuta.core.message import Message
from batuta.core.model import ModelReply, ModelRequest
from batuta.errors import ModelUnavailable
from batuta.parts.summary import STATE, Dropped, ModelSummary, RuleSummary
from batuta.testing.scripted import ScriptedModel

WINDOW = 6


async def talked(summary: Any, turns: int, model: ScriptedModel) -> tuple[Any, Any]:
    app = App(name="chat", instructions="Talk.", tools=[], summary=summary)
    assistant = app.assistant("d", model=model, limits=Limits(history_messages=WINDOW))
    record, session = None, None
    for number in range(turns):
        record = await assistant.chat(f"I say {number}", session)
        session = record.session_id
    kept = await assistant.sessions.load(session or "", record.principal_id if record else "")
    return record, kept


def seen(request: ModelRequest) -> list[str]:
    return [m.text for m in request.messages if m.role != "system"]


async def test_what_falls_out_of_the_window_is_told_by_rules() -> None:
    model = ScriptedModel(["ok"], repeat=True)
    _, kept = await talked(RuleSummary(), 6, model)
    assert [len(seen(r)) for r in model.requests] == [1, 3, 5, 7, 4, 6]  # then half is told in one
    first, *rest = seen(model.requests[-1])
    assert "The user said: I say 0\nThe user said: I say 1\nThe user said: I say 2" in first
    assert rest[-1] == "I say 5"
    assert [m.text for m in kept.history if m.role == "user"] == [f"I say {n}" for n in range(6)]
    assert kept.state[STATE]["text"] in first


async def test_a_model_tells_it_as_a_call_of_the_run_and_not_at_each_turn() -> None:
    def line(request: ModelRequest) -> str:
        return "They said numbers." if "Summary so far" in request.messages[-1].text else "ok"

    model = ScriptedModel([line], repeat=True)
    record, _ = await talked(ModelSummary(), 9, model)
    asked = [r for r in model.requests if "Summary so far" in r.messages[-1].text]
    assert 2 <= len(asked) < 5
    assert "Summary so far:\nThey said numbers." in asked[-1].messages[-1].text
    answers = [r for r in model.requests if r not in asked]
    assert "They said numbers." in seen(answers[-1])[0]
    assert max(len(seen(r)) for r in answers) <= WINDOW + 1
    assert record.text == "ok"


async def test_a_summary_that_cannot_be_made_is_left_out_and_noted() -> None:
    def line(request: ModelRequest) -> str | ModelReply:
        if "Summary so far" in request.messages[-1].text:
            raise ModelUnavailable("scripted:lines", "down", retryable=False)
        return "ok"

    record, kept = await talked(ModelSummary(), 5, ScriptedModel([line], repeat=True))
    assert record.text == "ok"
    assert [e.name for e in record.events if e.kind == "decision"] == ["leave the summary out"]
    assert STATE not in kept.state


async def test_without_one_nothing_is_told() -> None:
    model = ScriptedModel(["ok"], repeat=True)
    _, kept = await talked(None, 6, model)
    assert seen(model.requests[-1])[0] == "I say 2"
    assert kept.state == {}


def test_rules_keep_the_latest_lines_within_their_length() -> None:
    rules = RuleSummary(most_chars=70, line_chars=10)
    said = [Message.user("a" * 50), Message.assistant("no"), Message.user("the last")]
    run: Any = None
    assert rules(Dropped("The user said: before", said[2:], run)) == (
        "The user said: before\nThe user said: the last"
    )
    assert rules(Dropped("The user said: before", said, run)).startswith("The user said: the last")
