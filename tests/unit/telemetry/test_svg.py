"""A run as SVG: who called whom, who decided it, and nothing that a page would run."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from batuta.telemetry.svg import COLOURS, svg
from tests.unit.telemetry.traces import EMPTY, booked, record, span

SVG = "{http://www.w3.org/2000/svg}"


def parsed(drawn: str) -> ET.Element:
    return ET.fromstring(drawn)  # noqa: S314 - it was drawn here


def texts(drawn: str) -> list[str]:
    return ["".join(each.itertext()) for each in parsed(drawn).iter(f"{SVG}text")]


def test_every_party_and_call_is_drawn_with_who_decided_it() -> None:
    drawn = svg(booked())
    said = texts(drawn)
    assert said[:5] == ["User", "desk", "availability", "acme:large", "find_slots"]
    assert "manager Free tomorrow at 2?" in said
    assert any(each.startswith("model find_slots(") for each in said)
    assert "model choose Court A (only one)" in said
    assert any("120 tokens, $0.00012" in each for each in said)
    assert COLOURS["manager"] in drawn
    assert drawn.count('class="back failed"') == 1


def test_a_long_text_is_cut_and_whole_in_its_title() -> None:
    long = "Where can I play with three friends on a Sunday afternoon?"
    drawn = svg(record(*span("agent", "1", "desk", by="user", asked={"text": long})))
    titles = [each.text for each in parsed(drawn).iter(f"{SVG}title")]
    assert f"user: {long}" in titles
    assert not any(long in each for each in texts(drawn))


@pytest.mark.parametrize(
    "text", ["</text><script>alert(1)</script>", "a & b < c", "half \ud83c\x00", '" onload="x']
)
def test_what_was_said_is_text_and_nothing_else(text: str) -> None:
    drawn = svg(record(*span("agent", "1", text, by="user", asked={"text": text})))
    root = parsed(drawn)
    allowed = {"svg", "style", "line", "rect", "text", "tspan", "g", "title", "path", "circle"}
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= allowed
    assert not [name for each in root.iter() for name in each.attrib if name.startswith("on")]


def test_a_run_without_events_says_so() -> None:
    assert texts(svg(EMPTY)) == ["User", "desk", "nothing was recorded"]
