from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.core.message import Message
from batuta.core.model import Usage
from batuta.core.price import Cost
from batuta.core.record import RunRecord
from batuta.core.trace import Decider, Event, Kind
from batuta.telemetry.diagram import mermaid, money, plantuml, table, terminal
from tests.unit.telemetry.traces import EMPTY, booked, event, record, span

MERMAID = """\
sequenceDiagram
    actor user as User
    participant p1 as desk
    participant p2 as availability
    participant p3 as acme:large
    participant p4 as find_slots
    participant p5 as book
    user->>p1: Book tomorrow at 2
    p1->>p2: manager: Free tomorrow at 2?
    p2->>p3: agent: asks
    p3-->>p2: asks for find_slots (stand-in) · 120 tokens, $0.00012
    p2->>p4: model: find_slots(day="2019-03-02", near=null)
    Note over p4: code: retry: find_slots, attempt 2 (AgentUnreachable: gone)
    p4-->>p2: [{"slot_id": "2019-03-02T14:00/A"}]
    p2-->>p1: Court A
    Note over p1: model: choose Court A (only one)
    p1->>p1: workflow: step note it
    p1->>p5: code: book(slot_id="2019-03-02T14:00/A")
    p5--xp1: ToolFailed: taken
    p1-->>user: Somebody was faster.
"""
TREE = """\
User: Book tomorrow at 2
└─ agent desk  Book tomorrow at 2 → Somebody was faster.        user      1.30 s
   ├─ agent availability  Free tomorrow at 2? → Court A         manager   600 ms
   │  ├─ model acme:large  asks for find_slots (stand-in)       agent     100 ms
   │  └─ tool find_slots  day="2019-03-02", near=null → [{"sl…  model     200 ms
   │     └─ retry find_slots, attempt 2 (AgentUnreachable: go…  code
   ├─ decision choose Court A (only one)                        model
   ├─ step note it                                              workflow  100 ms
   └─ tool book  slot_id="2019-03-02T14:00/A" ✗ ToolFailed: t…  code      100 ms
done in 1.60 s: 1 model call, 2 tool calls, 120 tokens, $0.00012, stand-in"""
# Each line that we write, with anything as its text that does not open something else.
MERMAID_LINE = re.compile(
    r"    (actor user as User|participant p\d+ as .+|Note over (user|p\d+): .+"
    r"|(user|p\d+)(->>|-->>|--x)(user|p\d+): .+)"
)
PLANTUML_LINE = re.compile(
    r'(actor "User" as user|participant "[^"]+" as p\d+|note over (user|p\d+) : .+'
    r"|(user|p\d+) (->|-->|-->x) (user|p\d+) : .+)"
)


def said(text: Any, **more: Any) -> RunRecord:
    return record(*span("agent", "1", "desk", by="user", asked={"text": text}), **more)


def text_of(drawn: str) -> str:
    """Give the text of the first arrow."""
    return next(line for line in drawn.splitlines() if ">" in line).partition(": ")[2]


def test_a_run_is_drawn_as_mermaid() -> None:
    assert mermaid(booked()) == MERMAID


def test_plantuml_says_the_same_in_its_own_signs() -> None:
    drawn = plantuml(booked()).splitlines()
    assert (drawn[0], drawn[-1]) == ("@startuml", "@enduml")
    assert drawn[3] == 'participant "availability" as p2'
    assert 'p2 -> p4 : model: find_slots(day="2019-03-02", near=null)' in drawn
    assert "p5 -->x p1 : ToolFailed: taken" in drawn
    assert "note over p1 : model: choose Court A (only one)" in drawn
    assert len(drawn) == len(MERMAID.splitlines()) + 1


def test_a_run_is_drawn_as_a_tree_for_the_terminal() -> None:
    assert terminal(booked()) == TREE


def test_a_table_has_who_decided_and_what_it_took() -> None:
    rows = {row.name: row for row in table(booked())}
    model, tool, choice = rows["acme:large"], rows["book"], rows["choose Court A"]
    assert (model.depth, model.by, model.tokens, model.cost) == (
        2, "agent", 120, Cost(0.00012, 0.00012),
    )  # fmt: skip
    assert model.seconds == pytest.approx(0.1)
    assert (tool.failed, tool.tokens, tool.cost) == (True, None, None)
    assert tool.detail == 'slot_id="2019-03-02T14:00/A" ✗ ToolFailed: taken'
    assert (choice.by, choice.seconds, choice.failed) == ("model", None, False)


def test_what_happens_side_by_side_stands_under_its_own_caller() -> None:
    starts = [event("agent", "start", f"1.{n}", f"a{n}") for n in (1, 2)]
    inside = [event("tool", "start", f"1.{n}.1", f"t{n}") for n in (2, 1)]
    rows = table(record(event("agent", "start", "1", "desk"), *starts, *inside))
    assert [(row.depth, row.name) for row in rows] == [
        (0, "desk"), (1, "a1"), (2, "t1"), (1, "a2"), (2, "t2"),
    ]  # fmt: skip


def test_a_call_tried_again_has_both_tries_under_it() -> None:
    first = span("tool", "1.1.1", "look", error="ToolFailed: no")
    second = span("tool", "1.1.1", "look", answered={"result": "yes"})
    rows = table(record(*span("agent", "1", "desk", *span("agent", "1.1", "a", *first, *second))))
    assert [(row.depth, row.detail) for row in rows[2:]] == [(2, "ToolFailed: no"), (2, "yes")]
    assert [row.failed for row in rows] == [False, False, True, False]


def test_a_cancelled_run_shows_what_never_ended() -> None:
    cut = record(
        event("agent", "start", "1", "desk", "user"),
        *span("tool", "1.1", "look"),
        event("model", "start", "1.2", "acme:large"),
        stop_reason="cancelled",
    )
    assert [(row.name, row.failed, row.seconds is None) for row in table(cut)] == [
        ("desk", True, True), ("look", False, False), ("acme:large", True, True),
    ]  # fmt: skip
    assert mermaid(cut).splitlines()[-2:] == [
        "    Note over p3: not finished: acme:large",
        "    Note over p1: not finished: desk",
    ]
    assert "model acme:large  not finished" in terminal(cut)
    assert "cancelled in" in terminal(cut)


def test_an_empty_trace_says_so() -> None:
    assert mermaid(EMPTY).splitlines()[1:] == [
        "    actor user as User",
        "    participant p1 as desk",
        "    Note over user: nothing was recorded",
    ]
    assert "nothing was recorded" in plantuml(EMPTY)
    assert "nothing was recorded" in terminal(EMPTY)
    assert table(EMPTY) == []


def test_an_end_whose_start_is_elsewhere_is_shown() -> None:
    tail = record(event("tool", "end", "1.4.2", "look", data={"result": 7}))
    assert [(row.depth, row.name, row.detail, row.failed) for row in table(tail)] == [
        (0, "look", "7", False)
    ]
    assert "p1-->>user: 7" in mermaid(tail)


def test_events_of_an_agent_elsewhere_stand_under_the_next_known_caller() -> None:
    far = record(
        event("agent", "start", "1", "desk", "user"),
        event("tool", "start", "1.2.3.1", "look", parent="1.2.3"),
    )
    assert [(row.depth, row.name) for row in table(far)] == [(0, "desk"), (1, "look")]
    assert "p1->>p2: code: look()" in mermaid(far)


def test_an_agent_and_a_tool_of_one_name_are_two() -> None:
    drawn = mermaid(record(*span("agent", "1", "look", *span("tool", "1.1", "look"), by="user")))
    assert drawn.count("participant") == 2


def test_streamed_text_is_no_line_of_its_own() -> None:
    piece = event("text", "point", "1.1", "text", data={"text": "He"})
    assert table(record(piece)) == []


def test_long_arguments_and_results_are_cut() -> None:
    asked = {"arguments": {"note": "x" * 500, "day": "2019-03-02"}}
    long = record(*span("tool", "1", "look", asked=asked, answered={"result": list(range(999))}))
    detail = table(long)[0].detail
    assert detail.startswith('note="xxxxx')
    assert '…, day="2019-03-02" → [0, 1, 2, 3' in detail
    assert len(detail) < 160
    assert all(len(line) < 160 for line in mermaid(long).splitlines())


def test_text_of_many_lines_becomes_one() -> None:
    assert text_of(mermaid(said("a\n b\r\n\tc\u2028d"))) == "a b c d"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a;b#c", "a#59;b#35;c"),
        ("#59;", "#35;59#59;"),
        ("<b>&lt;", "#60;b#62;#38;lt#59;"),
        ("%%{init: 1}%%", "#37;#37;{init: 1}#37;#37;"),
        (r"a\nb", "a#92;nb"),
        ("costs $1, not $$1$$", "costs $1, not #36;#36;1#36;#36;"),
        ("wrap: NoWrap", "wra#112;: NoWra#112;"),
        ("style a:x", "styl#101; a:x"),
        ("end", "end"),
        ("“é” 🎾", "“é” 🎾"),
    ],
)
def test_what_mermaid_would_read_as_more_than_text_is_escaped(text: str, written: str) -> None:
    assert text_of(mermaid(said(text))) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('**b** //i// __u__ ""m""', "b i u m"),
        ("%date()", "date()"),
        ("<b>&#35;|~", "b>35;"),
        ("[[http://x]]", "http:x"),
        ("* item", " item"),
        ("a /' b '/ c", "a  b  c"),
    ],
)
def test_what_plantuml_would_read_as_more_than_text_is_escaped(text: str, written: str) -> None:
    drawn = next(line for line in plantuml(said(text)).splitlines() if " -> " in line)
    coded = drawn.partition(" : ")[2]
    assert re.sub(r"<U\+[0-9A-F]{4}>", "", coded) == written
    shown = re.sub(r"<U\+([0-9A-F]{4})>", lambda found: chr(int(found[1], 16)), coded)
    assert shown == text


def test_a_backslash_in_plantuml_is_no_line_break() -> None:
    assert r"user -> p1 : a\\nb" in plantuml(said(r"a\nb"))


def test_a_name_with_quotes_stays_one_name() -> None:
    odd = record(*span("agent", "1", 'say "hi"\n@enduml', by="user"))
    assert "participant \"say 'hi' @enduml\" as p1" in plantuml(odd)


def test_control_characters_never_reach_a_terminal() -> None:
    nasty = said("\x1b]0;title\x07\x1b[31mred\u202e", question=Message.user("\x1b[2J"))
    for drawn in (terminal(nasty), mermaid(nasty), plantuml(nasty), table(nasty)[0].detail):
        assert all(c.isprintable() or c == "\n" for c in drawn)


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        (Cost(), "$0"),
        (Cost(0.00012, 0.00012), "$0.00012"),
        (Cost(10.0, 10.0), "$10"),
        (Cost(None, 0.0, "no price"), "cost unknown"),
        (Cost(None, 0.25, "no price"), "cost unknown (at least $0.25)"),
    ],
)
def test_unknown_money_is_never_nothing(cost: Cost, said: str) -> None:
    assert money(cost) == said


TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from("end note wrap: %%{init:{}}%% #; -->> \\n @enduml".split()),
    st.just("日本" * 40),
)
PATHS = st.lists(st.integers(1, 3), max_size=4).map(lambda parts: ".".join(map(str, parts)))
EVENTS = st.builds(
    Event,
    seq=st.just(0),
    kind=st.sampled_from(get_args(Kind)),
    phase=st.sampled_from(["start", "end", "point"]),
    span=PATHS,
    parent=PATHS,
    name=TEXTS,
    by=st.sampled_from(get_args(Decider)),
    at_s=st.floats(0, 9),
    data=st.none()
    | st.fixed_dictionaries(
        {},
        optional={
            "text": TEXTS,
            "arguments": st.dictionaries(TEXTS, TEXTS, max_size=3),
            "result": TEXTS | st.none() | st.lists(st.integers(), max_size=30),
            "tools": st.lists(TEXTS, max_size=2),
            "why": TEXTS,
        },
    ),
    usage=st.none() | st.just(Usage(1, 2)),
    cost=st.sampled_from([None, Cost(0.5, 0.5), Cost(None, 0.0, "no price")]),
    error=st.none() | TEXTS,
)
RECORDS = st.lists(EVENTS, max_size=8).map(lambda made: replace(EMPTY, events=tuple(made)))


@given(RECORDS)
def test_whatever_happened_each_line_of_a_diagram_is_one_of_ours(any_record: RunRecord) -> None:
    head, *lines = mermaid(any_record).splitlines()
    assert head == "sequenceDiagram"
    for line in lines:
        assert MERMAID_LINE.fullmatch(line)
        assert not re.search(r"[;#%<\\]", re.sub(r"#\d+;|--?>>", "", line))
    for line in plantuml(any_record).splitlines()[1:-1]:
        assert PLANTUML_LINE.fullmatch(line)


@given(RECORDS, st.integers(0, 100))
def test_whatever_happened_a_tree_fits_its_terminal(any_record: RunRecord, width: int) -> None:
    drawn = terminal(any_record, width)
    assert len(drawn.splitlines()) >= 2 + len(table(any_record))
    for line in drawn.splitlines():
        wide = sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line)
        assert wide <= max(width, 40) + sum(map(bool, map(unicodedata.combining, line)))


@given(RECORDS)
def test_whatever_happened_is_in_the_table_once(any_record: RunRecord) -> None:
    rows = table(any_record)
    kept = [e for e in any_record.events if e.kind != "text"]
    began = sum(e.phase != "end" for e in kept)
    assert began <= len(rows) <= len(kept)
    assert all(below.depth <= above.depth + 1 for above, below in pairwise(rows))
    assert all(row.depth == 0 for row in rows[:1])
