"""The pages' drawings and figures are of runs as they are today."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from batuta.hosting import ServiceSpec
from batuta.settings import Settings
from batuta.styles import app_style
from batuta.wiring import open_app
from scripts import composition_figures, flow_drawings, style_figures
from scripts.pattern_pages import (
    DRAWINGS,
    PAGES,
    composition_drawing,
    known,
    pages,
    rewritten,
    versus,
)
from scripts.style_figures import HOME, PLACED, STYLES, drawn, entropy

AGAIN = "make them anew: make figures-in-docs"
FIGURES: dict[str, Any] = known()
WITH_A_TWIN = {"b": "c", "f": "g"}
"""The twin runs in processes of its own, in the command alone: here it costs too much."""


def drawing(name: str) -> str:
    return (DRAWINGS / f"{name}.svg").read_text("utf-8")


@pytest.mark.parametrize("style", [key for key in STYLES if key not in PLACED])
async def test_a_styles_figures_and_drawing_are_of_runs_of_today(
    style: str, tmp_path: Path
) -> None:
    run = await style_figures.measured(style)

    assert FIGURES["styles"][style] == run.figures, AGAIN
    assert drawing(PAGES[style]) == run.drawing, AGAIN
    if twin := WITH_A_TWIN.get(style):
        app = await open_app("tennis", Settings(home=tmp_path))
        names = ServiceSpec(app_name="tennis", style=app_style(app, twin, Settings())).agents
        assert FIGURES["styles"][twin] == run.figures, AGAIN
        assert drawing(PAGES[twin]) == drawn(run.first, dict.fromkeys(names, HOME)), AGAIN


def test_how_styles_compare_follows_from_their_figures() -> None:
    assert FIGURES["versus"] == versus(FIGURES["styles"])
    assert versus({key: {"model_calls": 2, "input_tokens": 3} for key in STYLES})["model_calls"][
        "a"
    ] == dict.fromkeys("bcdefgh", "100%")


def test_compositions_are_counted_as_they_run_today() -> None:
    assert FIGURES["compositions"] == composition_figures.measured(), AGAIN


@pytest.mark.parametrize("name", composition_figures.MAKERS)
def test_a_compositions_drawing_is_of_the_code_on_its_page(name: str) -> None:
    assert drawing(name) == composition_drawing(name), AGAIN


def test_every_figure_in_the_pages_is_the_one_that_was_counted() -> None:
    for page in pages():
        text = page.read_text("utf-8")
        assert text == rewritten(text, FIGURES), f"{page.name}: {AGAIN}"


def test_no_figure_opens_a_line() -> None:
    """There its comment would end the paragraph."""
    opening = [page.name for page in pages() if "\n<!--=" in page.read_text("utf-8")]
    assert opening == []


def test_a_typed_figure_is_found_and_written_over() -> None:
    text = "It makes <!--= styles.a.first.model_calls -->99<!--/--> calls."
    right = FIGURES["styles"]["a"]["first"]["model_calls"]

    assert rewritten(text, FIGURES) == text.replace("99", str(right))
    with pytest.raises(KeyError):
        rewritten("<!--= styles.z.turns -->1<!--/-->", FIGURES)


def test_every_drawing_belongs_to_a_page() -> None:
    drawn_ones = {path.stem for path in DRAWINGS.glob("*.svg")} - {"spectrum"}  # the evidence's own
    flows = {name for name, _ in flow_drawings.flows()}
    assert drawn_ones == {*PAGES.values(), *composition_figures.MAKERS, *flows}


def test_a_flows_drawing_is_of_the_text_folded_below_it() -> None:
    found = dict(flow_drawings.flows())

    assert set(found) == {"house", "way_of_a_message", "way_of_a_key", "way_of_an_event"}
    for name, drawing_of_it in found.items():
        assert drawing(name) == drawing_of_it, "run: python -m scripts.flow_drawings"


def test_a_flow_has_each_box_each_word_on_the_way_and_each_way() -> None:
    made = flow_drawings.drawn("A & B", "one\n    then\ntwo: more | three\n")

    assert 'aria-label="A &amp; B"' in made
    assert re.findall(r">([^<>\n]+)</text>", made) == ["one", "then", "two", "more", "three"]
    assert made.count('class="box"') == 3
    assert made.count('class="way"') == 2


@pytest.mark.parametrize(
    ("paths", "bits"),
    [([("a",)] * 4, 0), ([("a",), ("b",)], 1), ([("a",), ("b",), ("c",), ("d",)], 2)],
)
def test_entropy_is_0_for_one_path_and_a_bit_more_for_twice_as_many(
    paths: list[tuple[str, ...]], bits: float
) -> None:
    assert entropy(paths) == bits
