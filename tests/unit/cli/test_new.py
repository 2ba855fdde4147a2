"""``batuta new`` writes an App whose tests pass, and overwrites nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Batuta


def test_what_it_writes_passes_its_tests_and_runs(batuta: Batuta, tmp_path: Path) -> None:
    done = batuta("new", "my_books")
    assert done.exit_code == 0
    made = tmp_path / "my_books"
    assert {path.name for path in made.iterdir()} == {"my_books.py", "test_my_books.py"}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=made,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    assert "4 passed" in ran.stdout


def test_its_scenarios_are_right_under_every_kind_of_style_each_on_data_of_its_own(
    batuta: Batuta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batuta("new", "books_shown", "--in", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    told = json.loads(
        batuta("demo", "--app", "books_shown:app", "--styles", "a,b,d,g", "--json").stdout
    )
    assert told["shared_data"] == []
    for style in told["styles"]:
        scenes = style["scenarios"]
        shown = [(scene["effects"], scene["expected"], scene["wrong"]) for scene in scenes]
        lent = (["lend"], ["lend"], "")
        assert shown == [lent, lent, ([], [], "")], style["style"]


def test_nothing_is_overwritten_and_no_taken_name_is_used(batuta: Batuta, tmp_path: Path) -> None:
    batuta("new", "my_books")
    (tmp_path / "my_books/my_books.py").write_text("mine")
    again = batuta("new", "my_books")
    assert again.exit_code == 2
    assert "is there already" in again.output
    assert (tmp_path / "my_books/my_books.py").read_text() == "mine"
    for name in ("my-books", "Class", "json", "class", "batuta"):
        assert batuta("new", name).exit_code == 2
