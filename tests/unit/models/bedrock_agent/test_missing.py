"""A Bedrock Agent where boto3 is not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from batuta.errors import install_command

ASK = """
import asyncio
import sys

sys.modules.update(dict.fromkeys(sys.argv[1:]))  # as if they were not there

from batuta.parts.managed_session import ATTRIBUTES, PROMPT_ATTRIBUTES, SESSION
from batuta.core.message import Message
from batuta.core.model import ModelRequest
from batuta.errors import ConfigError
from batuta.models.bedrock_agent import AgentAccess, BedrockAgentModel

agent = BedrockAgentModel(AgentAccess(agent_id="CLUB", alias_id="LIVE", region="eu-west-1"))
told = {SESSION: "ses_1", ATTRIBUTES: {}, PROMPT_ATTRIBUTES: {}}
request = ModelRequest([Message.system("").with_metadata(**told), Message.user("hi")])
for ask in (agent.connect, lambda: agent.reply(request)):
    try:
        asyncio.run(ask())
    except ConfigError as error:
        print(error, *error.__notes__)
"""


@pytest.mark.parametrize("missing", [("boto3",), ("boto3", "botocore")])
def test_without_boto3_it_says_what_to_install(missing: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK, *missing], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    connected, asked = done.stdout.splitlines()
    assert connected == asked
    assert f"{missing[0]}, which is not installed. Install the extra aws of batuta-agents." in asked
    assert asked.endswith(f"Run: {install_command('aws')}")
