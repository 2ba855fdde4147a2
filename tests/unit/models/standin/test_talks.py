"""Conversations that the stand-in for AWS keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from batuta.core.message import Message, ToolCall
from batuta.models.standin.talks import Talk, Talks

NAME = ("agent", "alias", "ses_1")
WISH = Message("assistant", tool_calls=(ToolCall("c1", "find", {"day": "monday"}),))


@pytest.mark.parametrize("on_disk", [True, False])
def test_a_conversation_comes_back_whole(tmp_path: Path, on_disk: bool) -> None:
    talks = Talks(tmp_path / "below" / "talks.db" if on_disk else None)
    talk = Talk([Message.user("hi")], WISH, "inv_1", {"who": "ana"})
    talks.keep(NAME, talk)

    assert talks.load(NAME) == talk
    assert talks.load(("agent", "alias", "ses_2")) == Talk()


def test_what_is_loaded_is_changed_only_by_keeping(tmp_path: Path) -> None:
    talks = Talks()
    talks.keep(NAME, Talk([Message.user("hi")]))
    talks.load(NAME).history.append(Message.user("more"))

    assert len(talks.load(NAME).history) == 1


def test_another_process_finds_it(tmp_path: Path) -> None:
    file = tmp_path / "talks.db"
    Talks(file).keep(NAME, Talk([Message.user("hi")]))

    assert [m.text for m in Talks(file).load(NAME).history] == ["hi"]
    assert file.stat().st_mode & 0o077 == 0
