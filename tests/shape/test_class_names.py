"""A public class name stands for one thing in the whole package."""

from __future__ import annotations

from pathlib import Path

from scripts.figures import double_names, sources
from tests.shape.sources import ROOT


def test_each_public_class_name_stands_for_one_thing() -> None:
    assert double_names(sources(ROOT)) == {}


def test_a_name_that_stands_for_two_things_is_found(tmp_path: Path) -> None:
    package = tmp_path / "src/batuta"
    package.mkdir(parents=True)
    for name in ("a.py", "b.py"):
        (package / name).write_text("class Line: ...\nclass _Own: ...\n")

    assert double_names(sources(tmp_path)) == {"Line": 2}
