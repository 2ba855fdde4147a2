from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.unit.cli.conftest import Batuta

APP = """
from batuta import App, ModelReply

class Parrot:
    name = "scripted:parrot"

    async def reply(self, request, emit=lambda piece: None):
        said = request.messages[-1].text
        if said == "boom":
            raise RuntimeError("sk-secret0123456789")
        turns = sum(m.role == "user" for m in request.messages)
        return ModelReply(f"\\x1b[31m{turns}: {said}", model=self.name, stand_in=True)

app = App(name="parrot", instructions="Repeat.", tools=(), models={"default": Parrot()})
no_app = 3
"""


@pytest.fixture
def parrot(tmp_path: Path) -> str:
    """An App in the current folder, under a module name that no other test has imported."""
    name = f"app_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(APP)
    return f"{name}:app"


def turns(done: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_piped_line_is_a_turn_of_one_conversation(batuta: Batuta, parrot: str) -> None:
    done = batuta("chat", "--style", "d", "--app", parrot, said="one\n\ntwo\n")

    lines = done.stdout.splitlines()
    assert done.exit_code == 0
    assert lines[0::3] == ["1: one", "2: two"]
    assert lines[1::3] == ["done: nothing"] * 2
    assert lines[2].startswith("decided: code 1 | calls: 1 model, 0 tool")
    assert done.stderr.count("stand-in") == 1


def test_json_gives_one_object_for_each_turn_and_nothing_else(batuta: Batuta, parrot: str) -> None:
    done = batuta("chat", "--style", "d", "--app", parrot, "--json", said="one\n/cost\ntwo\n")

    first, second = turns(done)
    assert (first["said"], first["stand_in"], first["decided"]) == ("one", True, {"code": 1})
    assert second["session_id"] == first["session_id"]
    assert second["reply"].endswith("2: two")


def test_messages_can_be_given_as_options(batuta: Batuta, parrot: str) -> None:
    done = batuta(
        *("chat", "--style", "d", "--app", parrot, "--json"),
        *("--message", "one", "--message", "two"),
        said="not read\n",
    )

    assert [turn["said"] for turn in turns(done)] == ["one", "two"]


def test_session_goes_on_later_and_only_for_its_own_user(batuta: Batuta, parrot: str) -> None:
    words = ("chat", "--style", "d", "--app", parrot, "--json")
    (first,) = turns(batuta(*words, "--message", "one"))
    session = ("--session", first["session_id"])

    (second,) = turns(batuta(*words, *session, "--message", "two"))

    assert second["reply"].endswith("2: two")
    foreign = batuta(*words, *session, "--message", "three", "--user", "eve")
    assert (foreign.exit_code, foreign.stdout) == (4, "")


def test_new_starts_another_conversation(batuta: Batuta, parrot: str) -> None:
    done = batuta("chat", "--style", "d", "--app", parrot, "--json", said="one\n/new\ntwo\n")

    first, second = turns(done)
    assert first["session_id"] != second["session_id"]
    assert second["reply"].endswith("1: two")


def test_style_can_change_within_a_conversation(batuta: Batuta, parrot: str) -> None:
    done = batuta("chat", "--style", "d", "--app", parrot, "--json", said="one\n/style e\ntwo\n")

    first, second = turns(done)
    assert (first["style"], second["style"]) == ("d", "e")
    assert second["session_id"] == first["session_id"]
    assert second["reply"].endswith("2: two")


def test_slash_commands_tell_about_the_conversation(batuta: Batuta, parrot: str) -> None:
    done = batuta(
        "chat",
        "--style",
        "d",
        "--app",
        parrot,
        said="/trace\none\n/trace\n/cost\n/help\n/quit\nx\n",
    )

    assert done.exit_code == 0
    assert "Nothing was said yet." in done.stderr
    assert "agent function_calling" in done.stdout
    assert "model+tool" in done.stdout
    assert "/style KEY" in done.stdout
    assert "2: x" not in done.stdout


@pytest.mark.parametrize(("line", "code"), [("/dance", 2), ("/style z", 3), ("/style c", 3)])
def test_wrong_slash_command_is_said_and_the_conversation_goes_on(
    batuta: Batuta, parrot: str, line: str, code: int
) -> None:
    done = batuta("chat", "--style", "d", "--app", parrot, said=f"{line}\none\n")

    assert done.exit_code == code
    assert done.stderr.startswith("batuta: ")
    assert "1: one" in done.stdout


def test_failed_turn_leaves_the_conversation_as_it_was(batuta: Batuta, parrot: str) -> None:
    done = batuta("chat", "--style", "d", "--app", parrot, "--json", said="one\nboom\ntwo\n")

    _, failed, last = turns(done)
    assert done.exit_code == 10
    assert failed["error"]["code"] == "agent_failed"
    assert last["reply"].endswith("2: two")
    assert "sk-secret" not in done.stderr


def test_reply_cannot_steer_the_terminal(batuta: Batuta, parrot: str) -> None:
    assert "\x1b" not in batuta("chat", "--style", "d", "--app", parrot, "--message", "x").stdout


@pytest.mark.parametrize("said", ["", "   ", "\x07\x08", "x" * 4_001])
def test_message_that_cannot_be_taken_ends_with_2(batuta: Batuta, parrot: str, said: str) -> None:
    done = batuta("chat", "--style", "d", "--app", parrot, "--message", said)

    assert (done.exit_code, done.stdout) == (2, "")


@pytest.mark.parametrize(
    "words",
    [
        ["--style", "a"],
        ["--style", "c"],
        ["--style", "z"],
        ["--now", "yesterday"],
    ],
)
def test_style_or_setting_that_cannot_be_used_ends_with_3(
    batuta: Batuta, parrot: str, words: list[str]
) -> None:
    done = batuta("chat", "--app", parrot, "--message", "hi", *words)

    assert (done.exit_code, done.stdout) == (3, "")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("app = 3", "app"),
        ("", "app"),
        ("1 / 0", "app"),
        ("def (", "app"),
        ("import nowhere", "app"),
    ],
)
def test_module_without_an_app_ends_with_3_and_one_line(
    batuta: Batuta, tmp_path: Path, text: str, name: str
) -> None:
    module = f"bad_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{module}.py").write_text(text)

    done = batuta("chat", "--app", f"{module}:{name}", "--message", "hi")

    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr.count("\n") == 1


FAILING = """
from batuta.app import App
from batuta.core.message import ToolCall
from batuta.core.model import ModelReply
from batuta.core.tool import tool
from batuta.errors import ToolFailed


class Tries:
    name = "fake:tries"

    async def reply(self, request, emit=None):
        if request.messages[-1].role == "tool":
            return ModelReply("Sorry: try again with the same key.", model=self.name)
        call = ToolCall("c1", "book", {})
        return ModelReply("", (call,), stop_reason="tool_calls", model=self.name)


@tool(effect="write")
async def book() -> str:
    \"\"\"Book.\"\"\"
    raise ToolFailed("book", "the database is locked")


app = App(name="failing", instructions="Try.", tools=(book,), models={"default": Tries()})
"""


def test_an_answer_that_reports_a_failure_leaves_with_its_code(
    batuta: Batuta, tmp_path: Path
) -> None:
    name = f"failing_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(FAILING)
    done = batuta("chat", "--style", "d", "--app", f"{name}:app", "--message", "book")
    assert done.exit_code == 10
    assert "try again with the same key" in done.stdout
    assert "done: nothing" in done.stdout
    assert "the answer reports a failure: Tool book: the database is locked" in done.stderr
