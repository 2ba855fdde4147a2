"""An App's own compositions at the command line."""

from __future__ import annotations

import json

from tests.unit.cli.conftest import Batuta


def test_a_composition_is_listed_and_talked_to_under_its_name(batuta: Batuta) -> None:
    rows = json.loads(batuta("styles", "--json").stdout)
    assert rows[-1]["key"] == "front-desk"
    assert rows[-1]["available"] is True
    assert "front-desk" in batuta("styles").stdout

    said = "How many courts do you have?"
    done = batuta("chat", "--style", "front-desk", "--message", said, "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0, done.output
    assert "4 courts" in told["reply"]
    assert told["style"] == "front-desk"
    assert "style front-desk" in batuta("trace", "last").stdout
    assert "front-desk" in batuta("runs").stdout


def test_a_conversation_goes_on_under_a_composition(batuta: Batuta) -> None:
    lines = "I'd like to book a court\n/style front-desk\ntomorrow at 3pm\n/cost\n"
    done = batuta("chat", "--style", "d", said=lines)
    assert done.exit_code == 0, done.output
    assert "Court A" in done.output
    assert "front-desk" in done.output


def test_a_demo_plays_the_styles_and_a_composition_where_it_is_named(batuta: Batuta) -> None:
    done = batuta("demo", "--styles", "d,front-desk", "--json")
    played = json.loads(done.stdout)
    assert done.exit_code == 0, done.output
    assert [style["style"] for style in played["styles"]] == ["d", "front-desk"]
    assert played["done"] is True


def test_an_unknown_one_is_refused(batuta: Batuta) -> None:
    done = batuta("chat", "--style", "back-desk", "--message", "hi")
    assert done.exit_code == 3
    assert "There is no pattern 'back-desk'" in done.output
