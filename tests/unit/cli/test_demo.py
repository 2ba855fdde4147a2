from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from batuta.errors import called, install_command
from tests.unit.cli.conftest import Batuta

APP = """
from batuta import App, ModelReply, Scenario

class Curt:
    name = "scripted:curt"

    async def reply(self, request, emit=lambda piece: None):
        if request.messages[-1].text == "fail":
            raise RuntimeError("no")
        return ModelReply("Yes.", model=self.name)

app = App(name="curt", instructions="Say yes.", tools=(), models={"default": Curt()},
          scenarios=(Scenario("asking", ("one", "two")),))
failing = App(name="failing", instructions="", tools=(), models={"default": Curt()},
              scenarios=(Scenario("failing", ("one", "fail", "three")),))
LENT = []

def wanting(folder=None):
    from batuta import ScriptedModel, tool
    from batuta.testing import calls
    lent = [] if folder else LENT

    @tool(effect="write")
    def lend() -> int:
        '''Lend.'''
        lent.append("one")
        return len(lent)

    async def one() -> str:
        return "" if lent == ["one"] else f"{len(lent)} are lent"

    def line(request):
        last = request.messages[-1]
        return calls(("lend", {})) if (last.role, last.text) == ("user", "lend") else "Done."

    return App(name="wanting", instructions="", tools=[lend],
               models={"default": ScriptedModel([line], repeat=True)},
               scenarios=(Scenario("one", ("lend",), expects=["lend"], check=one),
                          Scenario("none", ("lend not",), expects=["lend"])))

sharing = wanting()
from dataclasses import replace
fresh = replace(sharing, fresh=wanting)
unworded = replace(fresh, fresh=None, models={})
silent = App(name="silent", instructions="", tools=())
"""


@pytest.fixture
def module(tmp_path: Path) -> str:
    name = f"demo_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(APP)
    return name


def test_own_app_is_shown_under_the_styles_that_it_can_have(batuta: Batuta, module: str) -> None:
    done = batuta("demo", "--app", f"{module}:app")

    assert done.exit_code == 0
    assert done.stdout.count("Yes.") == 6
    assert "the App has no intake" in done.stdout
    assert f"batuta chat --style h --app {module}:app" in done.stdout


def test_json_holds_every_turn(batuta: Batuta, module: str) -> None:
    shown = json.loads(batuta("demo", f"{module}:app", "--json", "--styles", "d").stdout)

    assert shown["done"]
    (style,) = shown["styles"]
    assert [t["said"] for t in style["scenarios"][0]["turns"]] == ["one", "two"]
    assert {missing["style"] for missing in shown["not_run"]} == set("abcfg")


def test_two_apps_are_refused(batuta: Batuta, module: str) -> None:
    done = batuta("demo", f"{module}:app", "--app", f"{module}:failing")
    assert done.exit_code == 3
    assert "One demo is of one App" in done.stderr


def test_failed_style_is_said_plainly_and_ends_non_zero(batuta: Batuta, module: str) -> None:
    done = batuta("demo", "--app", f"{module}:failing", "--styles", "d")

    assert done.exit_code == 10
    assert "Failed: agent_failed" in done.stdout
    assert "0/1" in done.stdout
    assert "three" not in done.stdout


def test_runs_of_the_demo_are_kept(batuta: Batuta, module: str) -> None:
    batuta("demo", "--app", f"{module}:app", "--styles", "d")

    assert batuta("trace", "last").exit_code == 0


@pytest.mark.parametrize("words", [["--styles", "c"], ["--styles", "z"], ["--styles", "a"]])
def test_style_that_was_asked_for_and_cannot_run_ends_with_3(
    batuta: Batuta, module: str, words: list[str]
) -> None:
    done = batuta("demo", "--app", f"{module}:app", *words)

    assert (done.exit_code, done.stdout) == (3, "")


def test_hints_are_commands_that_work(batuta: Batuta, module: str) -> None:
    done = batuta("demo", "--app", f"{module}:app", "--styles", "d", "--home", "at home")

    hints = [
        line.strip().partition("  ")[0]
        for line in done.stdout.partition("Where to look next\n")[2].splitlines()
    ]
    trace, chat, play, serve, styles = (shlex.split(hint.removeprefix(called())) for hint in hints)
    assert play == ["play", f"{module}:app", "--home", "at home"]
    assert serve == ["serve", "--app", f"{module}:app", "--home", "at home"]
    assert batuta(*trace).exit_code == 0
    assert batuta(*chat, said="hello\n").stdout.startswith("Yes.")
    assert batuta(*styles).exit_code == 0


def test_what_is_not_here_is_told_with_the_command_that_installs_it(
    batuta: Batuta, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "batuta.styles.extras.find_spec", lambda name: None if name == "agents" else name
    )
    command = install_command("agents")

    done = batuta("demo", "--app", f"{module}:app", "--styles", "d")
    asked = batuta("demo", "--app", f"{module}:app", "--styles", "e")
    listed = batuta("styles")
    looked = batuta("doctor")

    assert "it needs the extra agents" in done.stdout
    for shown in (done, listed, looked):
        assert f"\nTo install what is missing\n  {command}\n" in shown.stdout
    assert asked.stderr.endswith(f". Run: {command}\n")


def test_app_without_scenarios_says_what_to_add(batuta: Batuta, module: str) -> None:
    done = batuta("demo", "--app", f"{module}:silent")

    assert done.exit_code == 3
    assert "scenarios" in done.stderr


def scenes(batuta: Batuta, app: str) -> tuple[int, dict[str, Any]]:
    done = batuta("demo", "--app", app, "--styles", "d,e", "--json")
    return done.exit_code, json.loads(done.stdout)


def test_what_should_have_been_done_is_compared_with_what_was(batuta: Batuta, module: str) -> None:
    code, told = scenes(batuta, f"{module}:fresh")
    assert (code, told["done"], told["shared_data"]) == (10, False, [])
    for style in told["styles"]:
        one, none = style["scenarios"]
        assert (one["effects"], one["wrong"], one["done"]) == (["lend"], "", True)
        assert (none["effects"], none["expected"], none["done"]) == ([], ["lend"], False)
    shown = batuta("demo", "--app", f"{module}:fresh", "--styles", "d").stdout
    assert "done: nothing; expected: lend" in shown
    assert "Not what was expected." in shown


def test_a_stand_in_that_did_not_understand_says_which_words_it_would(
    batuta: Batuta, module: str
) -> None:
    shown = batuta("demo", "--app", f"{module}:unworded", "--styles", "d").stdout
    assert "acts on plain requests alone" in shown


def test_styles_that_share_the_apps_data_are_named(batuta: Batuta, module: str) -> None:
    _, told = scenes(batuta, f"{module}:sharing")
    assert told["shared_data"] == ["d", "e"]
    first, second = [style["scenarios"][0] for style in told["styles"]]
    assert (first["wrong"], second["wrong"]) == ("", "2 are lent")
    shown = batuta("demo", "--app", f"{module}:sharing", "--styles", "d,e").stdout
    assert "each found what those before it did: D E" in " ".join(shown.split())


def test_a_scenario_that_expects_nothing_is_not_called_right(batuta: Batuta, module: str) -> None:
    shown = batuta("demo", "--app", f"{module}:app", "--styles", "d").stdout
    assert "its scenario does not say what should be done" in shown
    assert "1/1" not in shown


def test_a_folder_that_hides_its_module_is_named(batuta: Batuta, tmp_path: Path) -> None:
    folder = tmp_path / f"hides_{tmp_path.name.replace('-', '_')}"
    folder.mkdir()
    (folder / f"{folder.name}.py").write_text("app = 1")
    done = batuta("demo", f"{folder.name}:app")
    assert done.exit_code == 3
    told = " ".join(done.stderr.split())
    assert f"{folder.name} is a folder here: go into it first" in told
