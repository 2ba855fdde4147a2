"""Whatever our history holds, what a vendor gets is a conversation that it takes."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from batuta.core.message import Message, ToolCall
from batuta.models.vendors.history import id_of, theirs

LOOK = ToolCall("c1", "look", {"day": "Monday"})
BOOK = ToolCall("c2", "book", {"slot": "A"})


def wish(*calls: ToolCall, text: str = "") -> Message:
    return Message("assistant", text, tool_calls=calls)


def shown(messages: list[ModelMessage]) -> list[tuple[str, str]]:
    """Every part as its kind and text, messages divided by a line."""
    made: list[tuple[str, str]] = []
    for message in messages:
        for part in message.parts:
            if isinstance(part, ToolCallPart):
                made.append(("call", f"{part.tool_name} {part.args} {part.tool_call_id}"))
            elif isinstance(part, ToolReturnPart):
                made.append(("result", f"{part.content} {part.tool_call_id}"))
            elif isinstance(part, SystemPromptPart | UserPromptPart | TextPart):
                made.append((part.part_kind, str(part.content)))
        made.append(("-", ""))
    return made


def test_a_plain_talk_keeps_its_order() -> None:
    talk = [
        Message.system("Be brief."),
        Message.user("Monday?"),
        wish(LOOK, BOOK, text="I look."),
        Message.tool(LOOK, "free"),
        Message.tool(BOOK, "booked"),
        Message.assistant("Done."),
        Message.user("Thanks"),
    ]
    assert shown(theirs(talk)) == [
        ("system-prompt", "Be brief."),
        ("user-prompt", "Monday?"),
        ("-", ""),
        ("text", "I look."),
        ("call", "look {'day': 'Monday'} c1"),
        ("call", "book {'slot': 'A'} c2"),
        ("-", ""),
        ("result", "free c1"),
        ("result", "booked c2"),
        ("-", ""),
        ("text", "Done."),
        ("-", ""),
        ("user-prompt", "Thanks"),
        ("-", ""),
    ]


def test_results_stand_right_after_their_calls_wherever_they_were() -> None:
    talk = [
        Message.user("Both?"),
        wish(LOOK),
        wish(BOOK),
        Message.user("Hurry."),
        Message.tool(BOOK, "booked"),
        Message.tool(LOOK, "free"),
    ]
    kinds = [kind for kind, _ in shown(theirs(talk))]
    assert kinds == [
        *("user-prompt", "-", "call", "-", "result", "-", "call", "-", "result"),
        *("user-prompt", "-"),
    ]


def test_a_result_without_its_call_is_told_as_text() -> None:
    assert shown(theirs([Message.user("?"), Message.tool(LOOK, "free")]))[1] == (
        "user-prompt",
        "Result of look: free",
    )


def test_a_call_without_its_result_gets_one_that_says_so() -> None:
    made = shown(theirs([Message.user("?"), wish(LOOK), Message.user("And?")]))
    assert ("result", "(The result of this call was not kept.) c1") in made


def test_a_history_that_was_cut_begins_with_a_users_word() -> None:
    made = shown(
        theirs([Message.system("Be brief."), Message.assistant("Done."), Message.user("x")])
    )
    assert made[1] == ("user-prompt", "(The conversation began earlier.)")


def test_nothing_to_answer_still_asks_something() -> None:
    assert shown(theirs([Message.system("Be brief.")]))[1][0] == "user-prompt"
    assert shown(theirs([Message.user("x"), Message.assistant("y")]))[-2][0] == "user-prompt"
    assert shown(theirs([]))[0][0] == "user-prompt"


def test_empty_texts_are_left_out() -> None:
    talk = [Message.user(""), Message.user("  "), Message.assistant(""), Message.user("x")]
    assert shown(theirs(talk)) == [("user-prompt", "x"), ("-", "")]
    called = shown(theirs([Message.user("x"), wish(LOOK), Message.tool(LOOK, "")]))
    assert ("result", "(nothing) c1") in called


def test_arguments_that_were_no_json_are_sent_as_data() -> None:
    broken = ToolCall("c9", "look", {}, invalid='{"day": ')
    made = shown(theirs([Message.user("x"), wish(broken), Message.tool(broken, "wrong")]))
    assert ("call", """look {'INVALID_JSON': '{"day": '} c9""") in made


def test_an_id_that_a_vendor_would_not_take_is_changed_in_both_places() -> None:
    odd = ToolCall("call|with spaces/and more than forty characters in it", "look", {})
    parts = [
        p for m in theirs([Message.user("x"), wish(odd), Message.tool(odd, "y")]) for p in m.parts
    ]
    ids = {p.tool_call_id for p in parts if isinstance(p, ToolCallPart | ToolReturnPart)}
    assert ids == {id_of(odd.id)}
    assert len(id_of(odd.id)) <= 40


CALLS = st.sampled_from([LOOK, BOOK, ToolCall("c3", "look", {}, invalid="{")])
MESSAGES = st.one_of(
    st.builds(Message.system, st.sampled_from(["", "Be brief."])),
    st.builds(Message.user, st.sampled_from(["", " ", "Hello"])),
    st.builds(
        lambda calls, text: wish(*calls, text=text),
        st.lists(CALLS, max_size=3, unique_by=lambda c: c.id),
        st.sampled_from(["", "Well."]),
    ),
    st.builds(Message.tool, CALLS, st.sampled_from(["", "free"])),
)


@given(st.lists(MESSAGES, max_size=12))
def test_every_history_becomes_a_talk_that_all_vendors_take(history: list[Message]) -> None:
    made = theirs(history)
    assert isinstance(made[-1], ModelRequest)
    for one, following in pairwise(made):
        assert type(one) is not type(following)
        if isinstance(one, ModelResponse):
            assert isinstance(following, ModelRequest)
            calls = [p.tool_call_id for p in one.parts if isinstance(p, ToolCallPart)]
            results = [p.tool_call_id for p in following.parts if isinstance(p, ToolReturnPart)]
            assert sorted(calls) == sorted(results)
    first = [p for p in made[0].parts if not isinstance(p, SystemPromptPart)]
    assert isinstance(made[0], ModelRequest)
    assert first
    assert isinstance(first[0], UserPromptPart)
    for message in made:
        for part in message.parts:
            assert not isinstance(part, TextPart | UserPromptPart) or str(part.content).strip()
