"""A Bedrock Agent behind our narrow call: new words go out, an answer or a wish comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batuta.aws.client import ClientOptions, ServiceClient
from batuta.aws.errors import raised_by_aws
from batuta.aws.guard import Guard
from batuta.core.configured_model import check_settings
from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.errors import ConfigError, ModelReplyInvalid, ModelTimeout
from batuta.models.bedrock_agent.events import AgentAnswer, origin_of
from batuta.models.bedrock_agent.failures import failure_of
from batuta.parts.managed_session import ATTRIBUTES, PROMPT_ATTRIBUTES, SESSION

if TYPE_CHECKING:
    from batuta.core.message import Message


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentAccess:
    """How to reach an agent.

    Args:
        model: The agent's foundation model as ``provider:model``, for its price; empty if unknown.
        endpoint: Empty for AWS's own.
        region: Empty leaves it to boto3.
        timeout_s: Longest that one answer may take, to its last byte.
        reply_bytes: Longest answer that is read.
        stand_in: Whether the endpoint is a stand-in of ours, which asks for no credentials.
    """

    agent_id: str
    alias_id: str
    model: str = ""
    endpoint: str = ""
    region: str = ""
    timeout_s: float = 60.0
    reply_bytes: int = 10_000_000
    stand_in: bool = False


class BedrockAgentModel:
    """A Bedrock Agent.

    AWS keeps the conversation under the session's id, so of a request only what is new is sent: the
    last user message, or the results of the actions that the agent wished for. Tools and schemas
    stand in the agent itself.
    """

    def __init__(self, access: AgentAccess) -> None:
        self._access = access
        options = ClientOptions(
            region=_NOWHERE if access.stand_in else access.region,
            endpoint_url=access.endpoint,
            timeout_s=access.timeout_s,
            signed=not access.stand_in,
        )
        self._service = ServiceClient("bedrock-agent-runtime", options, what="A Bedrock Agent")

    @property
    def name(self) -> str:
        """The foundation model's name, else ``bedrock-agent:agent/alias``."""
        access = self._access
        return access.model or f"bedrock-agent:{access.agent_id}/{access.alias_id}"

    def __repr__(self) -> str:
        return f"BedrockAgentModel({self.name!r})"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Go on with the conversation; give the final text to ``emit`` piece by piece.

        Raises:
            ModelError: No usable reply could be had.
            ConfigError: boto3 is missing or finds no region, or there are settings, which have
                their place in the agent's definition.
        """
        check_settings("bedrock-agent:", request.settings)
        loop = asyncio.get_running_loop()

        def heard(piece: str) -> None:
            loop.call_soon_threadsafe(emit, piece)

        told = AgentAnswer(heard)
        limit = asyncio.timeout(self._access.timeout_s)
        try:
            async with limit:
                with Guard(self._access.reply_bytes)() as seen:
                    asked = self._asked(request.messages)
                    await self._service.call(lambda client: _ask(client, asked, told))
        except raised_by_aws() as error:
            if limit.expired():
                raise ModelTimeout(self.name, self._access.timeout_s) from error
            raise failure_of(self.name, error) from error
        made = told.reply(self.name, stand_in=seen.stand_in)
        if not made.text.strip() and made.stop_reason == "end":
            raise ModelReplyInvalid(self.name, "the agent answered nothing")
        return made

    async def connect(self) -> None:
        """Import boto3 and make the client now; asks AWS nothing."""
        await self._service.connect()

    async def aclose(self) -> None:
        """Close the connections; a later call makes new ones."""
        await self._service.aclose()

    def _asked(self, messages: Sequence[Message]) -> dict[str, Any]:
        told = _told_of(messages)
        state: dict[str, Any] = {
            "sessionAttributes": dict(told.get(ATTRIBUTES, {})),
            "promptSessionAttributes": dict(told.get(PROMPT_ATTRIBUTES, {})),
        }
        made: dict[str, Any] = {
            "agentId": self._access.agent_id,
            "agentAliasId": self._access.alias_id,
            "sessionId": str(told[SESSION]),
            "enableTrace": True,
            "sessionState": state,
            "streamingConfigurations": {"streamFinalResponse": True},
        }
        if messages[-1].role == "tool":
            state |= _results(messages)
        else:
            made["inputText"] = messages[-1].text
        return made


def _ask(client: Any, asked: Mapping[str, Any], told: AgentAnswer) -> None:
    """Ask and read the whole stream; runs in a thread, as botocore blocks."""
    for event in client.invoke_agent(**asked)["completion"]:
        told.take(event)


def _told_of(messages: Sequence[Message]) -> Mapping[str, Any]:
    first = messages[0]
    if first.role != "system" or SESSION not in first.metadata:
        raise ConfigError(
            "A Bedrock Agent is asked within a conversation", "Ask it as style H does."
        )
    return first.metadata


def _results(messages: Sequence[Message]) -> dict[str, Any]:
    """Make what the agent gets for its wish: the results that stand at the end."""
    at = len(messages)
    while messages[at - 1].role == "tool":
        at -= 1
    invocation, results = "", list[dict[str, Any]]()
    for message in messages[at:]:
        invocation, group = origin_of(message.call_id or "")
        result = {
            "actionGroup": group,
            "function": message.name,
            "responseBody": {"TEXT": {"body": message.text}},
        }
        results.append({"functionResult": result})
    return {"invocationId": invocation, "returnControlInvocationResults": results}


_NOWHERE = "us-east-1"  # a stand-in is in no region, and its address needs one
