"""``batuta advise``: by options, asked in a terminal, with the last comparison's figures."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from batuta.cli import advise as command
from batuta.lab.results import comparison_text
from tests.unit.cli.conftest import Batuta
from tests.unit.lab.samples import D, F, comparison

OPEN = ("--ai", "reasons", "--order", "open", "--aws", "no")


def test_options_lead_to_a_style_with_reasons_and_our_figures(batuta: Batuta) -> None:
    shown = batuta("advise", *OPEN, "--control", "code").stdout
    assert shown.startswith("D  Function calling")
    assert "it depends on the request" in shown
    assert "measured: Batuta's own comparison" in shown
    assert "no real model's figures" in shown


def test_the_last_comparison_here_is_told_before_ours(batuta: Batuta, tmp_path: Path) -> None:
    (tmp_path / "comparison").mkdir()
    last = comparison(lambda subject, n, seed, fault: subject == F or n < 1, scenarios=12)
    (tmp_path / "comparison" / "report.json").write_text(comparison_text(last))
    shown = batuta("advise", *OPEN, "--json")
    told = json.loads(shown.stdout)
    assert told["measured_in"] == str(Path("comparison") / "report.json")
    assert [each["subject"] for each in told["measured"]] == [D.name, F.name]
    assert told["measured"][1]["success"]["value"] == 1.0
    assert "than d: f" in told["warning"]
    assert "than d: f" in batuta("advise", *OPEN).stdout


def test_what_was_not_measured_is_not_told(batuta: Batuta, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(comparison_text(comparison(lambda *_: True)))
    shown = batuta("advise", "--aws", "yes", "--report", "r.json").stdout
    assert "r.json has not measured these" in shown


def test_answers_that_no_style_fits_say_so(batuta: Batuta) -> None:
    shown = batuta("advise", "--order", "known", "--aws", "yes").stdout
    assert "No style fits every answer" in shown
    assert "against your answers" in shown


def test_nothing_known_and_nobody_to_ask_is_an_error(batuta: Batuta) -> None:
    done = batuta("advise")
    assert done.exit_code == 2
    assert "--order open" in done.stderr


def test_a_person_is_asked_again_after_a_wrong_number(
    batuta: Batuta, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = iter(["9", "2", "open", *[""] * 20])
    monkeypatch.setattr(command, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    monkeypatch.setattr("builtins.input", lambda prompt: next(said))
    shown = batuta("advise").stdout
    assert "One of 1 to 2." in shown
    assert "D  Function calling" in shown
    assert "weigh up and answer" in shown


def test_a_report_that_is_none_is_named(batuta: Batuta, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text("{}")
    done = batuta("advise", "--order", "open", "--report", "r.json")
    assert done.exit_code == 3
    assert "r.json is no comparison" in done.stderr
