"""``batuta compare``: whatever cannot be compared is named before the first sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from batuta.app import App
from batuta.cli.compare import scenarios_for
from tests.unit.cli.conftest import Batuta


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--styles", "q"), "There is no pattern 'q'"),
        (("--styles", "front-dsk"), "Did you mean front-desk?"),
        (("--styles", "h..a"), "'h..a' is no range of styles"),
        (("--frameworks", "langraph", "--styles", "e"), "no framework 'langraph'"),
        (("--models", "offlin", "--styles", "d"), "offlin"),
        (("--scenarios", "none.yaml"), "none.yaml cannot be read"),
        (("--only", "tomorow at three"), "Did you mean tomorrow at three?"),
        (("--faults", "tool-eror"), "There is no fault 'tool-eror'"),
        (("--budget", "much"), "--budget much is no sum of dollars"),
        (("--budget", "0"), "--budget 0 buys nothing"),
    ],
)
def test_what_is_unknown_is_named(
    batuta: Batuta, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    done = batuta("compare", *words)
    assert done.exit_code != 0
    assert told in done.output
    assert not (tmp_path / "comparison").exists()


def test_a_scenario_is_named_whole_though_a_comma_stands_in_it() -> None:
    app = App(name="club", instructions="", tools=[])
    named = "day, then time, correction,two people, two days"
    found = {each.name for each in scenarios_for(app, name="tennis", file="", only=named)}
    kinds = {e.name for e in scenarios_for(app, name="tennis", file="", only="correction")}
    assert found == {"day, then time", "two people, two days", *kinds}
    assert kinds


def test_under_a_budget_a_model_without_a_price_is_named(
    batuta: Batuta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    words = ("--styles", "d", "--models", "openai:of-my-own", "--only", "plain")
    done = batuta("compare", *words, "--budget", "1")
    assert done.exit_code != 0
    assert "openai:of-my-own has no price" in done.output
    assert not (tmp_path / "comparison").exists()


def test_a_file_of_scenarios_is_checked(batuta: Batuta, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        'scenarios:\n- name: one\n  turns: ["Book"]\n  hold: "* ana"\n'
    )
    done = batuta("scenarios", "check", "mine.yaml")
    assert done.exit_code != 0
    assert "mine.yaml:4: unknown field 'hold'. Did you mean holds?" in done.output
    (tmp_path / "mine.yaml").write_text(
        'scenarios:\n- name: one\n  kind: plain\n  turns: ["Book"]\n  holds: "* ana"\n'
    )
    done = batuta("scenarios", "check", "mine.yaml")
    assert done.exit_code == 0
    assert "1 scenarios: 1 plain" in done.output
    assert "one: nothing proves that it can succeed" in done.output
