from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta import errors
from batuta.core.agent import FunctionAgent
from batuta.core.message import Message
from batuta.core.model import Usage
from batuta.core.price import Cost
from batuta.core.retry import Retry
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.trace import Event
from batuta.errors import AgentFailed, BatutaError, BudgetExceeded, ToolFailed, ToolRetry
from batuta.remote.call import RemoteCall
from batuta.remote.result import (
    RemoteResult,
    apply_changes,
    changes,
    error_from_json,
    error_to_json,
)
from tests.unit.core.rig import HELLO, does, hosted

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=1), inner),
    max_leaves=8,
)
STATES = st.dictionaries(st.text("abc", min_size=1, max_size=1), PLAIN, max_size=3)


class OwnError(ToolFailed):
    """An application's own."""

    code = "own"


def _through(error: BatutaError) -> BatutaError:
    return error_from_json(json.loads(json.dumps(error_to_json(error))))


def test_an_applications_own_error_keeps_its_class() -> None:
    error = OwnError("t", "broken")
    error.extra = {"n": [1, 2]}  # type: ignore[attr-defined]
    made = _through(error)
    assert type(made) is OwnError
    assert vars(made) == {"tool": "t", "detail": "broken", "extra": {"n": [1, 2]}}


def test_an_error_that_is_unknown_here_becomes_its_nearest_base() -> None:
    raw = error_to_json(OwnError("t", "broken"))
    raw["classes"] = ["NeverHeardOf", *raw["classes"][1:]]
    made = error_from_json(raw)
    assert type(made) is ToolFailed
    assert (made.code, str(made)) == ("own", "Tool t: broken")


def test_an_error_keeps_its_cause_and_what_was_done() -> None:
    error = AgentFailed("a", "broke")
    error.done = "This is done."
    error.__cause__ = ValueError("password=hunter2 was wrong")
    made = _through(error)
    assert str(made) == "Agent a: broke This is done."
    assert str(made.__cause__) == "ValueError: [secret] was wrong"


def test_an_error_with_a_field_that_is_no_json_is_told_as_json() -> None:
    error = ToolRetry("t", "no", ("a",))
    error.odd = {1}  # type: ignore[attr-defined]
    made = _through(error)
    assert (made.arguments, made.odd) == (("a",), (1,))  # type: ignore[attr-defined]


def test_an_error_keeps_the_names_of_all_that_it_came_from() -> None:
    error = AgentFailed("a", "broke")
    error.__cause__ = ExceptionGroup("several", [ValueError("x"), BrokenPipeError("y")])
    made = _through(error)
    assert Retry(on=(ConnectionError,)).covers(made)
    assert Retry(on=("ValueError",)).covers(_through(made))
    assert not Retry(on=(KeyError,)).covers(made)


def test_every_error_of_the_tree_is_known_by_its_name() -> None:
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, BatutaError)]
    for kind in kinds:
        raw = {"classes": [kind.__name__], "message": "m", "fields": {}}
        assert type(error_from_json(raw)) is kind


@given(before=STATES, after=STATES)
def test_changes_turn_one_state_into_the_other(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    made = json.loads(json.dumps(changes(before, after)))
    state = copy.deepcopy(before)
    apply_changes(state, made)
    appended = [c for c in made if c[1] == "append"]
    if not appended:  # what is there already is not added twice
        assert state == after
    assert set(state) == set(after)


def test_what_two_add_to_one_list_is_all_there() -> None:
    before = {"seen": ["a"], "by": {"x": [1]}}
    one = changes(before, {"seen": ["a", "b"], "by": {"x": [1, 2]}})
    two = changes(before, {"seen": ["a", "c", "b"], "by": {"x": [1], "y": 1}})
    state = copy.deepcopy(before)
    apply_changes(state, one)
    apply_changes(state, two)
    assert state == {"seen": ["a", "b", "c"], "by": {"x": [1, 2], "y": 1}}


def _brought(**more: Any) -> RemoteResult:
    events = (
        Event(4, "model", "start", "1.1.1", "1.1", "m", "code", 9.0),
        Event(5, "model", "end", "1.1.1", "1.1", "m", "code", 9.5, {"a": 1}, Usage(1, 2),
              Cost(0.5, 0.5, "list")),
    )  # fmt: skip
    given: dict[str, Any] = {
        "reply": Message.assistant("so", {"n": 1}), "events": events, "usage": Usage(1, 2),
        "cost": Cost(0.5, 0.5, "list"), "model_calls": 1, "tool_calls": 2,
        "said": (Message.assistant("aside"),), "state": ((["k"], "set", 1),), "stand_in": True,
    }  # fmt: skip
    return RemoteResult(**{**given, **more})


def test_what_was_brought_survives_being_written_down() -> None:
    brought = _brought()
    again = RemoteResult.from_json(json.loads(json.dumps(brought.to_json())))
    assert again.to_json() == brought.to_json()
    assert again.answer() == brought.reply
    failed = _brought(reply=None, error=BudgetExceeded("tokens", limit=1, used=2, whose="x"))
    with pytest.raises(BudgetExceeded) as got:
        RemoteResult.from_json(json.loads(json.dumps(failed.to_json()))).answer()
    assert vars(got.value) == {"kind": "tokens", "limit": 1, "used": 2, "whose": "x"}


async def test_what_was_recorded_is_put_into_a_run_as_if_it_had_happened() -> None:
    async def answer(message: Message, run: Run) -> Message:
        brought = _brought()
        brought.absorb(run)
        return brought.answer()

    async def main(run: Run) -> Message:
        return await run.call("elsewhere", HELLO, shares_history=True)

    runtime = hosted(FunctionAgent(name="elsewhere", answer=answer), does("main", main))
    session = Session("s1", "local")
    record = await runtime.run("main", HELLO, RunOptions(session=session))
    assert (record.text, record.model_calls, record.tool_calls) == ("so", 1, 2)
    assert (record.usage, record.cost.usd, record.stand_in) == (Usage(1, 2), 0.5, True)
    assert ([m.text for m in record.steps], session.state) == (["aside"], {"k": 1})
    assert [(e.seq, e.span) for e in record.events] == [
        (0, "1"), (1, "1.1"), (2, "1.1.1"), (3, "1.1.1"), (4, "1.1"), (5, "1"),
    ]  # fmt: skip


@pytest.mark.parametrize("shares", [True, False])
async def test_the_history_that_travels_is_the_users_words_and_what_may_be_read(
    shares: bool,
) -> None:
    said = [Message.user("1"), Message.assistant("2"), Message.user("3"), Message.assistant("4")]
    seen: list[RemoteCall] = []

    async def answer(message: Message, run: Run) -> Message:
        seen.append(RemoteCall.of(run, "x", message))
        assert run.history() == Run.history(run)
        return message

    async def main(run: Run) -> Message:
        return await run.call("inner", HELLO, shares_history=shares)

    runtime = hosted(FunctionAgent(name="inner", answer=answer), does("main", main))
    options = RunOptions(session=Session("s1", "local", said), history_limit=2)
    await runtime.call("main", HELLO, options)
    texts = [m.text for m in seen[0].history]
    assert texts == (["1", "3", "4"] if shares else ["1", "3"])
    assert seen[0].question == HELLO
