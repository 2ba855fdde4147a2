"""Agents, steps, thoughts and decisions of a run, as AG-UI has them."""

from __future__ import annotations

import json
from typing import Any

from batuta.core.trace import Event
from batuta.serve.ag_ui.translation import Translation
from batuta.serve.http.problems import Answer


def event(kind: Any, phase: Any, span: str, name: str = "", **data: Any) -> Event:
    parent = span.rpartition(".")[0]
    error = data.pop("error", None)
    return Event(0, kind, phase, span, parent, name, "manager", 0.0, data, error=error)


def told(*events: Event, answer: Answer | None = None) -> list[dict[str, Any]]:
    made = Translation(thread_id="t", run_id="r", reasoning=True)
    raw = b"".join([made.begin("ses_1"), *map(made.event, events)])
    failed = answer or Answer(503, {"code": "cancelled", "detail": "It was cut."})
    raw += made.end(failed, None)
    return [json.loads(line[6:]) for line in raw.decode().splitlines() if line]


def kinds(made: list[dict[str, Any]]) -> list[str]:
    return [each["type"] for each in made[2:]]


def test_agents_are_subagents_within_each_other() -> None:
    made = told(
        event("agent", "start", "1", "manager"),
        event("agent", "start", "1.1", "booking"),
        event("agent", "start", "1.1.1", "helper"),
        event("tool", "start", "1.1.1.1", "book", arguments={"day": "today"}),
        event("tool", "end", "1.1.1.1", "book", result="done"),
        event("agent", "end", "1.1.1", "helper", text="ok"),
        event("agent", "end", "1.1", "booking", text="fine"),
    )
    started = [each for each in made if each["type"] == "SUBAGENT_STARTED"]
    assert [each.get("parentSubagentRunId") for each in started] == [None, "1.1"]
    calls = [each for each in made if each["type"].startswith("TOOL_CALL")]
    assert {each["subagentRunId"] for each in calls} == {"1.1.1"}
    assert [e["result"] for e in made if e["type"] == "SUBAGENT_FINISHED"] == ["ok", "fine"]


def test_agent_that_fails_is_an_error_of_its_own() -> None:
    made = told(
        event("agent", "start", "1.1", "booking"),
        event("agent", "end", "1.1", "booking", error="ModelTimeout: no reply within 60 s"),
    )
    assert kinds(made) == ["SUBAGENT_STARTED", "SUBAGENT_ERROR", "RUN_FINISHED"]


def test_what_is_open_is_closed_before_the_end() -> None:
    made = told(
        event("agent", "start", "1.1", "booking"),
        event("step", "start", "1.2", "parse"),
        event("step", "start", "1.3", "parse"),
        Event(-1, "text", "point", "1.4", "1", "text", "model", 0.0, {"text": "Wel"}),
    )
    assert kinds(made)[4:] == [
        "TEXT_MESSAGE_CONTENT",
        "TEXT_MESSAGE_END",
        "STEP_FINISHED",
        "STEP_FINISHED",
        "SUBAGENT_ERROR",
        "RUN_FINISHED",
    ]
    names = [each["stepName"] for each in made if "stepName" in each]
    assert names == ["parse", "parse 1.3", "parse 1.3", "parse"]
    assert made[-1]["outcome"] == {"type": "cancelled"}


def test_thoughts_and_decisions_are_told_apart_from_text() -> None:
    made = told(
        event("reasoning", "point", "1.1", "thoughts", text="Hm. "),
        event("reasoning", "point", "1.1", "thoughts", text="So."),
        event("decision", "point", "1.2", "delegate", why="it books"),
        answer=Answer(502, {"code": "model_error", "detail": "No."}),
    )
    assert kinds(made) == [
        "REASONING_START",
        "REASONING_MESSAGE_START",
        "REASONING_MESSAGE_CONTENT",
        "REASONING_MESSAGE_CONTENT",
        "REASONING_MESSAGE_END",
        "REASONING_END",
        "CUSTOM",
        "RUN_ERROR",
    ]
    custom = next(each for each in made if each["type"] == "CUSTOM")
    assert custom["name"] == "batuta.decision"
    assert custom["value"] == {
        "by": "manager", "what": "delegate", "span": "1.2", "why": "it books",
    }  # fmt: skip
