"""A Bedrock Agent without an account: the stand-in on loopback, and the real client before it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from batuta.core.model import Emit, Model, ModelReply, ModelRequest, ignore
from batuta.models.bedrock_agent.model import AgentAccess, BedrockAgentModel

if TYPE_CHECKING:
    from batuta.models.bedrock_agent.definition import AgentDefinition
    from batuta.models.standin.bedrock_agent import Act

_AGENT, _ALIAS = "STANDIN000", "STANDIN000"


class LocalBedrockAgent:
    """Serves an agent's definition on loopback while it is connected, and asks it by boto3.

    AWS is imitated but for its planning, which is the model's.

    Args:
        model: Plans, in the place of the agent's foundation model.
        act: Does the actions, where the definition leaves them to Lambda.
    """

    def __init__(self, definition: AgentDefinition, model: Model, act: Act | None = None) -> None:
        self._definition, self._model, self._act = definition, model, act
        self._served: AsyncExitStack | None = None
        self._agent: BedrockAgentModel | None = None
        self._connecting = asyncio.Lock()

    @property
    def name(self) -> str:
        """The planning model's name: it is that one that is paid for."""
        return self._model.name

    def __repr__(self) -> str:
        return f"LocalBedrockAgent({self._definition.name!r}, {self.name!r})"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Ask the stand-in as AWS would be asked.

        Raises:
            ModelError: No usable reply could be had.
            ConfigError: An extra is missing.
        """
        return await (await self._connected()).reply(request, emit)

    async def connect(self) -> None:
        """Start the stand-in.

        Raises:
            ConfigError: An extra is missing.
        """
        await (await self._connected()).connect()

    async def aclose(self) -> None:
        """Stop the stand-in; its conversations are gone with it."""
        served, self._served = self._served, None
        agent, self._agent = self._agent, None
        if agent is not None:
            await agent.aclose()
        if served is not None:
            await served.aclose()

    async def _connected(self) -> BedrockAgentModel:
        async with self._connecting:
            if self._agent is None:
                self._agent = await self._start()
            return self._agent

    async def _start(self) -> BedrockAgentModel:
        from batuta.models.standin import serve_standin
        from batuta.models.standin.bedrock_agent import PATH, AgentStandIn

        door = AgentStandIn(self._model, {_AGENT: self._definition}, act=self._act)
        served = AsyncExitStack()
        server = await served.enter_async_context(serve_standin(self._model, more={PATH: door}))
        self._served = served
        return BedrockAgentModel(
            AgentAccess(
                agent_id=_AGENT,
                alias_id=_ALIAS,
                model=self._model.name,
                endpoint=server.url,
                stand_in=True,
            )
        )
