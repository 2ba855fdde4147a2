"""The table of attacks: what was made now takes its rows, and the others stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.faults_page import HEAD, Row, write

OLD = "| kills | 100 | 0 | 0 | 0 |  | 2019-03-01 |"


def test_rows_that_were_made_replace_those_of_their_name(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        f"before\n<!-- attacks -->\n{HEAD}\n{OLD}\n| gone | 1 |\n<!-- /attacks -->\nafter"
    )
    made = Row("locks", tried=10, lost=1)
    write([made], ["locks", "kills"], "2019-03-02", page=page)
    lines = page.read_text().splitlines()
    assert made.bad
    assert lines[:2] == ["before", "<!-- attacks -->"]
    assert "\n".join(lines[2:4]) == HEAD
    assert lines[4:] == [
        "| locks | 10 | 1 | 0 | 0 |  | 2019-03-02 |", OLD, "<!-- /attacks -->", "after"
    ]  # fmt: skip


def test_a_page_without_the_table_is_not_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing")
    with pytest.raises(ValueError, match="no table"):
        write([], [], "2019-03-02", page=page)
    assert page.read_text() == "nothing"


def test_a_row_that_tried_nothing_holds_nothing() -> None:
    assert Row("kills").bad
    assert not Row("kills", tried=1).bad
