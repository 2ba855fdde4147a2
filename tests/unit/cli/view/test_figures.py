from __future__ import annotations

from batuta.cli.view.figures import Figures, deciders, said, turn_json, usd
from batuta.core.message import Message
from batuta.core.model import Usage
from batuta.core.price import Cost
from batuta.core.record import RunRecord
from batuta.core.trace import Event


def event(kind: str, phase: str, by: str) -> Event:
    return Event(0, kind, phase, "1", "", "x", by, 0.0)  # pyright: ignore[reportArgumentType]


def record(**more: object) -> RunRecord:
    plain = {
        "run_id": "run_1",
        "agent": "x",
        "principal_id": "local",
        "question": Message.user("hi"),
        "reply": Message.assistant("hello"),
        "events": (event("agent", "start", "user"), event("model", "start", "code")),
        "usage": Usage(3, 4),
        "model_calls": 1,
        "session_id": "ses_1",
    }
    return RunRecord(**{**plain, **more})


def test_each_thing_done_and_each_decision_counts_once_for_who_decided_it() -> None:
    events = [
        event("agent", "start", "user"),
        event("model", "start", "code"),
        event("model", "end", "code"),
        event("tool", "start", "model"),
        event("tool", "end", "model"),
        event("decision", "point", "model"),
        event("retry", "point", "code"),
        event("warning", "point", "code"),
    ]

    assert deciders(events) == {"code": 1, "model": 2}
    assert said(deciders(events)) == "code 1 · model 2"


def test_figures_of_several_runs_add_up() -> None:
    both = Figures.of([record(), record(stand_in=True, cost=Cost(0.5, 0.5), seconds=2.0)])

    assert both.decided == {"code": 2}
    assert (both.model_calls, both.usage.total_tokens, both.seconds) == (2, 14, 2.0)
    assert both.cost.usd == 0.5
    assert both.stand_in


def test_unknown_cost_stays_unknown_in_json_and_in_words() -> None:
    unknown = Cost(None, 0.25, "no price known for x:y")

    assert Figures.of([record(cost=unknown)]).to_json()["cost_usd"] is None
    assert usd(unknown) == "over $0.25"
    assert usd(Cost(None, 0.0)) == "unknown"


def test_failed_turn_gives_its_error_and_no_session_to_go_on_with() -> None:
    failed = record(reply=None, error={"code": "model_error", "message": "no"}, stop_reason="error")

    shown = turn_json("hi", failed)

    assert shown["error"] == {"code": "model_error", "message": "no"}
    assert shown["reply"] is None
    assert shown["session_id"] is None
