"""What a loop shows its model grows without being copied or read again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.core.message import Message, ToolCall, Transcript, text_size

CALL = ToolCall("1", "book", {})
messages = st.lists(
    st.builds(
        Message,
        st.sampled_from(("user", "assistant")),
        st.text(max_size=5),
        tool_calls=st.sampled_from(((), (CALL,), (CALL, CALL))),
    ),
    max_size=4,
)


@given(messages, st.lists(messages, max_size=4), st.integers(0, 4))
def test_it_is_the_list_that_it_stands_for(
    first: list[Message], more: list[list[Message]], branch_at: int
) -> None:
    talk, plain = Transcript.of(first), list(first)
    known = [(talk, list(plain))]
    for added in more:
        talk, plain = talk.plus(added), plain + added
        known.append((talk, list(plain)))
    old, its = known[branch_at % len(known)]
    known.append((old.plus([Message.user("other")]), [*its, Message.user("other")]))
    for made, stands_for in known:
        assert made == stands_for
        assert list(made) == stands_for
        assert [made[n] for n in range(-len(made), len(made))] == stands_for * 2
        assert (made[1:], made[::-1], made[-2:]) == (
            stands_for[1:], stands_for[::-1], stands_for[-2:],
        )  # fmt: skip
        assert (made.chars, made.calls) == text_size(stands_for)


def test_what_follows_in_a_longer_one_cannot_be_reached() -> None:
    short = Transcript.of([Message.user("a")])
    longer = short.plus([Message.user("b")])
    reading = iter(short)
    longer.plus([Message.user("c")])
    assert [m.text for m in reading] == ["a"]
    for place in (1, -2):
        with pytest.raises(IndexError):
            short[place]


def test_it_is_equal_to_no_text_and_shows_what_it_holds() -> None:
    assert Transcript.of([]) != ""
    assert repr(Transcript.of([])) == "Transcript([])"


def test_a_longer_one_reads_only_what_is_new() -> None:
    class Counted(Message):
        reads = 0

        def __getattribute__(self, name: str) -> object:
            if name == "text":
                Counted.reads += 1
            return super().__getattribute__(name)

    talk = Transcript.of([Counted("user", "hello") for _ in range(50)])
    Counted.reads = 0
    for _ in range(100):
        talk = talk.plus([Counted("user", "hello")])
    assert Counted.reads == 100
    assert talk.chars == 5 * 150
