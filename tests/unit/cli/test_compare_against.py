"""``batuta compare --against``: fails on what is surely worse, and on what cannot be compared."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from batuta.cli.compare_view import show_changes
from batuta.lab.regression import compare_with
from batuta.lab.results import Subject, comparison_text, read_comparison
from tests.unit.cli.conftest import Batuta
from tests.unit.lab.samples import comparison

RUN = ("compare", "--styles", "d", "--only", "no day", "--repeat", "2", "--jobs", "1")


def test_the_same_again_is_no_drop_and_is_written_down(batuta: Batuta, tmp_path: Path) -> None:
    assert batuta(*RUN).exit_code == 0
    report = tmp_path / "comparison" / "report.json"
    last = read_comparison(report)
    again = batuta(*RUN, "--against", str(report))
    assert again.exit_code == 0, again.stderr
    assert f"No significant drop over {len(last.samples)} paired" in again.stdout
    assert "No significant drop" in (tmp_path / "comparison" / "regression.md").read_text()
    other = replace(last, subjects=(Subject(style="a"),), samples=())
    report.write_text(comparison_text(other))
    refused = batuta(*RUN, "--against", str(report))
    assert refused.exit_code == 3
    assert "none of these subjects, but a" in refused.stderr


def test_a_drop_fails_and_says_what_fell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last = comparison(lambda *_: True, scenarios=12)
    now = comparison(lambda subject, n, seed, fault: n < 3, scenarios=12)
    with pytest.raises(typer.Exit) as ended:
        show_changes(compare_with(last, now), tmp_path)
    assert ended.value.exit_code == 1
    assert "**2 significant drops**" in capsys.readouterr().out
    assert "| d | no fault | success | 100% | 25% |" in (tmp_path / "regression.md").read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read"),
        ("{}", "is no comparison"),
        ("version", "is a comparison of version 99"),
    ],
)
def test_a_last_report_that_cannot_be_read_is_named_before_the_first_run(
    batuta: Batuta, tmp_path: Path, text: str | None, said: str
) -> None:
    if text == "version":
        whole = json.loads(comparison_text(comparison(lambda *_: True)))
        text = json.dumps(whole | {"version": 99})
    if text is not None:
        (tmp_path / "last.json").write_text(text)
    done = batuta(*RUN, "--against", "last.json")
    assert done.exit_code == 3
    assert said in done.stderr
    assert not (tmp_path / "comparison").exists()
