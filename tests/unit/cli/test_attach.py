"""``batuta chat --attach`` shows a file beside the first message, or says why it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pictures import PNG
from tests.unit.cli.conftest import Batuta

APP = """
from batuta import App, ModelReply

class Looking:
    name = "scripted:looking"

    async def reply(self, request, emit=lambda piece: None):
        shown = [each.described() for m in request.messages for each in m.attachments]
        return ModelReply(f"{len(request.messages)}: {shown}", model=self.name, stand_in=True)

app = App(name="looking", instructions="Look.", tools=(), models={"default": Looking()})
"""


@pytest.fixture
def looking(tmp_path: Path) -> str:
    """An App in the current folder, under a module name that no other test has imported."""
    name = f"app_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(APP)
    (tmp_path / "court.png").write_bytes(PNG)
    return f"{name}:app"


def test_file_stands_beside_the_first_message_and_in_the_conversation(
    batuta: Batuta, looking: str
) -> None:
    words = ("chat", "--style", "d", "--app", looking, "--json", "--attach", "court.png")
    done = batuta(*words, "--message", "What is this?", "--message", "And now?")

    first, second = [json.loads(line)["reply"] for line in done.stdout.splitlines()]
    told = f"['court.png (image/png, {len(PNG)} bytes)']"
    assert done.exit_code == 0, done.stderr
    assert (first, second) == (f"2: {told}", f"4: {told}")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("none.png", "none.png cannot be read: No such file or directory"),
        ("https://example.com/a.png", "Nothing is fetched by URL here"),
    ],
)
def test_what_cannot_be_had_is_said(batuta: Batuta, looking: str, what: str, said: str) -> None:
    done = batuta("chat", "--style", "d", "--app", looking, "--attach", what, "--message", "Look.")

    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert done.stdout == ""


def test_stand_in_says_that_it_sees_none(batuta: Batuta, looking: str) -> None:
    done = batuta("chat", "--style", "a", "--attach", "court.png", "--message", "Book this")

    assert done.exit_code == 2, done.output
    assert "offline:rules is a stand-in and sees no images or files" in done.stderr
