"""Conversations that the stand-in for AWS keeps."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelReply, ToolSchema
from batuta.models.bedrock_agent import agent_definition
from batuta.standin.bedrock_agent import AgentStandIn
from batuta.standin.conversations import KeptConversation, KeptConversations
from batuta.testing.scripted import ScriptedModel

NAME = ("agent", "alias", "ses_1")
WISH = Message("assistant", tool_calls=(ToolCall("c1", "find", {"day": "monday"}),))


@pytest.mark.parametrize("on_disk", [True, False])
def test_a_conversation_comes_back_whole(tmp_path: Path, on_disk: bool) -> None:
    talks = KeptConversations(tmp_path / "below" / "talks.db" if on_disk else None)
    talk = KeptConversation([Message.user("hi")], WISH, "inv_1", {"who": "ana"})
    talks.keep(NAME, talk)

    assert talks.load(NAME) == talk
    assert talks.load(("agent", "alias", "ses_2")) == KeptConversation()


def test_what_is_loaded_is_changed_only_by_keeping(tmp_path: Path) -> None:
    talks = KeptConversations()
    talks.keep(NAME, KeptConversation([Message.user("hi")]))
    talks.load(NAME).history.append(Message.user("more"))

    assert len(talks.load(NAME).history) == 1


def test_another_process_finds_it(tmp_path: Path) -> None:
    file = tmp_path / "talks.db"
    KeptConversations(file).keep(NAME, KeptConversation([Message.user("hi")]))

    assert [m.text for m in KeptConversations(file).load(NAME).history] == ["hi"]
    assert file.stat().st_mode & 0o077 == 0


async def test_it_is_kept_before_the_client_can_answer() -> None:
    tool = ToolSchema("find", "Find a slot.", {"type": "object", "properties": {}})
    agent = agent_definition("club", "You book courts for the members of a tennis club.", [tool])
    talks, seen = KeptConversations(), list[bool]()
    reply = ModelReply(tool_calls=(ToolCall("c1", "find", {}),), stop_reason="tool_calls")
    door = AgentStandIn(ScriptedModel([reply]), {"CLUB": agent}, talks=talks)
    body = json.dumps({"inputText": "Book a court"}).encode()
    asked = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:
        found = next(asked, None)
        return found or await asyncio.Event().wait()

    async def send(message: Any) -> None:
        if b"returnControl" in message.get("body", b""):
            seen.append(talks.load(("CLUB", "LIVE", "ses_1")).wished is not None)

    where = {"agent": "CLUB", "alias": "LIVE", "session": "ses_1"}
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "path_params": where}
    await door(scope, receive, send)
    assert seen == [True]
