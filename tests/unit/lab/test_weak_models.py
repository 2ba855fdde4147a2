"""A weak model is marked as one wherever its figures stand."""

from __future__ import annotations

import csv
import io
import json

import pytest

from batuta.cli.compare_view import show
from batuta.lab.report import report_html, report_markdown
from batuta.lab.results import WEAK_NOTE, Subject, comparison_from, comparison_text
from batuta.lab.tables import comparison_csv
from tests.unit.lab.test_results import WEAK, D, a_comparison


def test_its_name_says_it_and_others_do_not() -> None:
    assert (WEAK.name, WEAK.weak) == ("d, local:smollm2 (weak)", True)
    assert (D.name, D.weak) == ("d", False)
    large = Subject(style="d", model="openai:gpt-5")
    assert (large.name, large.weak) == ("d, openai:gpt-5", False)


def test_every_form_of_a_comparison_marks_it(capsys: pytest.CaptureFixture[str]) -> None:
    found = a_comparison()
    rows = list(csv.DictReader(io.StringIO(comparison_csv(found))))
    assert [row["weak"] for row in rows] == ["", "", "weak", "weak"]
    told = json.loads(comparison_text(found))["subjects"]
    assert [each.get("weak", False) for each in told] == [False, True]
    assert comparison_from(comparison_text(found)) == found
    show(found, [])
    for text in (report_markdown(found), report_html(found), capsys.readouterr().out):
        assert "(weak)" in text
        assert " ".join(WEAK_NOTE.split()) in " ".join(text.split())
