"""The pages' diagrams are of runs as they are today."""

from __future__ import annotations

import pytest

from tests.docs.diagrams import FOLDER, STYLES, drawn


@pytest.mark.parametrize("style", STYLES)
async def test_a_pages_diagram_is_of_a_run_of_today(style: str) -> None:
    kept = (FOLDER / f"{STYLES[style]}.svg").read_text("utf-8")
    assert kept == await drawn(style), "draw it anew: python -m tests.docs.diagrams"


def test_every_diagram_is_drawn_from_a_run() -> None:
    assert {path.stem for path in FOLDER.glob("*.svg")} == set(STYLES.values())
