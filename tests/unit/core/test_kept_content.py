from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from batuta.core.kept_content import KeptContent, without_secrets
from batuta.core.message import Message, ToolCall
from batuta.core.record import RunRecord
from batuta.core.redaction import MOST_CHARS, cut
from batuta.core.result import result_shown, result_text
from batuta.core.trace import Event

CARD = "4111 1111 1111 1111"
KEY = "sk-proj-1234567890abcdef"
CALL = ToolCall("c", "pay", {"card_number": "5500-0000-0000-0004", "note": f"with {CARD}", "n": 1})


def record(question: str = f"Pay with {CARD}", result: object = None) -> RunRecord:
    said = Message.user(question)
    events = (
        Event(0, "tool", "start", "1.1", "1", "pay", "agent", 0.0, {"arguments": CALL.arguments}),
        Event(1, "tool", "end", "1.1", "1", "pay", "agent", 0.1, {"result": result}, error=KEY),
    )
    return RunRecord(
        run_id="r",
        agent="a",
        principal_id="ana",
        question=said,
        reply=Message.assistant("Paid.", {"password": "hunter2", "list": [CARD, 2.5, None, True]}),
        events=events,
        steps=(Message("assistant", "", tool_calls=(CALL,)),),
        error={"code": "x", "message": f"key {KEY}"},
    )


@pytest.mark.parametrize(
    "text",
    [
        CARD,
        "4111111111111111",
        "5500-0000-0000-0004",
        "3782 822463 10005",
        f"my card is {CARD}, thanks",
        f"({CARD})",
    ],
)
def test_card_numbers_are_masked(text: str) -> None:
    kept = without_secrets(text)
    assert "[card number]" in kept
    assert not any(digit in kept for digit in "0123456789")


@pytest.mark.parametrize(
    "text",
    [
        "Book 2019-03-02T15:00/A and 2019-03-02T16:00/B",
        "4111 1111 1111 1112",  # the last digit does not check the others
        "call +44 20 7946 0958",
        "run_5f0c01234567890123456789",
        "0.1234567890123456789",
        "1772355600123",
        "order 12345678901234567890123",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert without_secrets(text) == text


def test_a_record_is_kept_without_keys_and_card_numbers() -> None:
    kept = KeptContent().record(record(result=[f"token={KEY}", {"api_key": "abc"}]))
    text = repr(kept.to_json())
    for secret in (CARD, KEY, "5500", "hunter2", "abc"):
        assert secret not in text
    assert kept.question.text == "Pay with [card number]"
    assert kept.steps[0].tool_calls[0].arguments["n"] == 1
    assert kept.reply is not None
    assert kept.reply.data == {"password": "[secret]", "list": ["[card number]", 2.5, None, True]}


def test_what_holds_no_secret_stays_the_very_same() -> None:
    plain = Message.tool(CALL, "done", {"open": ["A", {"B": 1}]})
    assert KeptContent().message(plain) is plain
    whole = replace(record("hello"), events=(), error=None)
    assert KeptContent(redact=None).record(whole) == whole


TOOL: Event = Event(0, "tool", "end", "1.1", "1", "pay", "agent", 0.1)
PLAIN = RunRecord(
    run_id="r",
    agent="a",
    principal_id="ana",
    question=Message.user("Is a court free?"),
    reply=Message.assistant("Court A is.", {"open": ["A"]}),
    events=(TOOL._replace(data={"result": {"open": ["A", None, 1.5]}}),),
    steps=(Message("assistant", "", tool_calls=(ToolCall("c", "look", {"day": "monday"}),)),),
)


@pytest.mark.parametrize(
    "changed",
    [
        {"question": Message.user(KEY)},
        {"reply": Message.assistant(KEY)},
        {"reply": Message.assistant("ok", {"deep": [{"er": [KEY]}]})},
        {"reply": Message.assistant("ok", {"api_key": "hunter2"})},
        {"steps": (Message("assistant", "", tool_calls=(replace(CALL, arguments={"a": KEY}),)),)},
        {"steps": (Message("assistant", "", tool_calls=(replace(CALL, invalid=KEY),)),)},
        {"events": (TOOL._replace(data={"result": ("x", KEY)}),)},
        {"events": (TOOL._replace(error=KEY),)},
        {"error": {"code": "x", "message": KEY}},
    ],
)
def test_a_secret_is_found_in_whatever_place_it_is_alone(changed: dict[str, Any]) -> None:
    assert KeptContent().record(PLAIN) is PLAIN
    kept = repr(KeptContent().record(replace(PLAIN, **changed)).to_json())
    assert "[secret]" in kept
    assert not any(secret in kept for secret in (KEY, "hunter2"))
    long = KeptContent(most_chars=10).record(PLAIN)
    assert long.question.text.startswith("Is a court… [cut")


def test_masking_can_be_switched_off_or_be_ones_own() -> None:
    assert KeptContent(redact=None).record(record()).question.text == f"Pay with {CARD}"
    mine = KeptContent(redact=lambda text: text.replace("Ana", "[name]"))
    assert mine.message(Message.user(f"I am Ana, {CARD}")).text == f"I am [name], {CARD}"


def test_a_long_result_is_cut_where_it_is_kept_and_sent_on_and_says_so() -> None:
    long = "x" * 50_000_000
    told = f"… [cut: the first {MOST_CHARS} of 50000000 characters]"
    assert result_text(long) == cut(long) == "x" * MOST_CHARS + told
    assert result_shown(long) == result_text(long)
    nested = result_shown({"rows": ["y" * 1_000] * 1_000})
    assert list(nested) == ["cut"]
    assert "[cut: the first" in nested["cut"]
    assert len(result_text({"rows": [long]})) < MOST_CHARS + 100
    kept = KeptContent(most_chars=1_000).record(record(result=long))
    assert len(repr(kept.to_json())) < 10_000


@pytest.mark.parametrize("result", [None, True, 3, 2.5, "text", {"a": [1]}, ["x"]])
def test_a_short_result_is_shown_as_it_is(result: object) -> None:
    assert result_shown(result) == result
