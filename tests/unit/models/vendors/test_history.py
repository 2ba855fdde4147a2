"""Whatever our history holds, what a vendor gets is a conversation that it takes."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from batuta.core.message import Message, ToolCall
from batuta.models.vendors.history import VendorTurn, arguments_of, id_of, turns_of

LOOK = ToolCall("c1", "look", {"day": "Monday"})
BOOK = ToolCall("c2", "book", {"slot": "A"})


def wish(*calls: ToolCall, text: str = "") -> Message:
    return Message("assistant", text, tool_calls=calls)


def shown(turns: list[VendorTurn]) -> list[tuple[str, str]]:
    """Every item as its kind and text, turns divided by a line."""
    made: list[tuple[str, str]] = []
    for turn in turns:
        for item in turn.items:
            if item.call is None:
                made.append((item.kind, item.text))
            elif item.kind == "call":
                given = arguments_of(item.call)
                made.append(("call", f"{item.call.name} {given} {id_of(item.call.id)}"))
            else:
                made.append(("result", f"{item.text} {id_of(item.call.id)}"))
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
    assert shown(turns_of(talk)) == [
        ("system", "Be brief."),
        ("user", "Monday?"),
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
        ("user", "Thanks"),
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
    kinds = [kind for kind, _ in shown(turns_of(talk))]
    assert kinds == [
        *("user", "-", "call", "-", "result", "-", "call", "-", "result"),
        *("user", "-"),
    ]


def test_a_result_without_its_call_is_told_as_text() -> None:
    assert shown(turns_of([Message.user("?"), Message.tool(LOOK, "free")]))[1] == (
        "user",
        "Result of look: free",
    )


def test_a_call_without_its_result_gets_one_that_says_so() -> None:
    made = shown(turns_of([Message.user("?"), wish(LOOK), Message.user("And?")]))
    assert ("result", "(The result of this call was not kept.) c1") in made


def test_a_history_that_was_cut_begins_with_a_users_word() -> None:
    made = shown(
        turns_of([Message.system("Be brief."), Message.assistant("Done."), Message.user("x")])
    )
    assert made[1] == ("user", "(The conversation began earlier.)")


def test_nothing_to_answer_still_asks_something() -> None:
    assert shown(turns_of([Message.system("Be brief.")]))[1][0] == "user"
    assert shown(turns_of([Message.user("x"), Message.assistant("y")]))[-2][0] == "user"
    assert shown(turns_of([]))[0][0] == "user"


def test_empty_texts_are_left_out() -> None:
    talk = [Message.user(""), Message.user("  "), Message.assistant(""), Message.user("x")]
    assert shown(turns_of(talk)) == [("user", "x"), ("-", "")]
    called = shown(turns_of([Message.user("x"), wish(LOOK), Message.tool(LOOK, "")]))
    assert ("result", "(nothing) c1") in called


def test_arguments_that_were_no_json_are_sent_as_data() -> None:
    broken = ToolCall("c9", "look", {}, invalid='{"day": ')
    made = shown(turns_of([Message.user("x"), wish(broken), Message.tool(broken, "wrong")]))
    assert ("call", """look {'INVALID_JSON': '{"day": '} c9""") in made


def test_an_id_that_a_vendor_would_not_take_is_changed_in_both_places() -> None:
    odd = ToolCall("call|with spaces/and more than forty characters in it", "look", {})
    turns = turns_of([Message.user("x"), wish(odd), Message.tool(odd, "y")])
    assert ("call", f"look {{}} {id_of(odd.id)}") in shown(turns)
    assert ("result", f"y {id_of(odd.id)}") in shown(turns)
    assert len(id_of(odd.id)) <= 40
    assert id_of(odd.id) != odd.id


def test_calls_of_one_id_have_each_its_own_result() -> None:
    one, two = ToolCall("1", "look", {"day": "Mo"}), ToolCall("1", "look", {"day": "Tu"})
    talk = [Message.user("x"), wish(one, two), Message.tool(one, "free"), Message.tool(two, "busy"),
            wish(one), Message.tool(one, "taken")]  # fmt: skip
    made = shown(turns_of(talk))
    assert [text for kind, text in made if kind == "result"] == ["free 1", "busy 1_2", "taken 1_3"]
    calls = [text.rpartition(" ")[2] for kind, text in made if kind == "call"]
    assert calls == ["1", "1_2", "1_3"]


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
    made = turns_of(history)
    assert made[-1].role == "user"
    for one, following in pairwise(made):
        assert one.role != following.role
        if one.role == "assistant":
            calls = [i.call.id for i in one.items if i.kind == "call" and i.call]
            results = [i.call.id for i in following.items if i.kind == "result" and i.call]
            assert calls == results, "results stand in the order of their calls"
    first = [item for item in made[0].items if item.kind != "system"]
    assert made[0].role == "user"
    assert first
    assert first[0].kind == "user"
    for turn in made:
        for item in turn.items:
            assert item.text.strip() or item.kind in {"call", "system"}
