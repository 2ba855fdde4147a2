"""A Bedrock Agent without an account: the stand-in on loopback, and the real client before it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from batuta.core.model import Emit, Model, ModelReply, ModelRequest, ignore
from batuta.errors import ModelError, ReplayMismatch
from batuta.models.bedrock_agent.model import AgentAccess, BedrockAgentModel
from batuta.standin.served_agent import ServedAgent, served

if TYPE_CHECKING:
    from pathlib import Path

    from batuta.core.clock import Clock
    from batuta.models.bedrock_agent.definition import AgentDefinition
    from batuta.standin.bedrock_agent import Act

_AGENT, _ALIAS = "STANDIN000", "STANDIN000"


class _Planner:
    """The planning model; remembers what no wire format of AWS's can carry."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.mismatch: ReplayMismatch | None = None

    @property
    def name(self) -> str:
        return self._model.name

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        try:
            return await self._model.reply(request, emit)
        except ReplayMismatch as error:
            self.mismatch = error
            raise


class LocalBedrockAgent:
    """Serves an agent's definition on loopback while it is connected, and asks it by boto3.

    AWS is imitated but for its planning, which is the model's.

    Args:
        definition: Of the agent, or with what stands for its guardrail and knowledge bases.
        model: Plans, in the place of the agent's foundation model.
        act: Does the actions, where the definition leaves them to Lambda.
        file: Where the conversations are kept, as AWS would; None keeps them while it is connected.
        clock: Dates what the agent says of its work; None is the machine's.
    """

    def __init__(
        self,
        definition: AgentDefinition | ServedAgent,
        model: Model,
        act: Act | None = None,
        *,
        file: Path | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._kept = served(definition)
        self._model, self._act = _Planner(model), act
        self._file, self._clock = file, clock
        self._served: AsyncExitStack | None = None
        self._agent: BedrockAgentModel | None = None
        self._connecting = asyncio.Lock()

    @property
    def name(self) -> str:
        """The planning model's name: it is that one that is paid for."""
        return self._model.name

    def __repr__(self) -> str:
        return f"LocalBedrockAgent({self._kept.definition.name!r}, {self.name!r})"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Ask the stand-in as AWS would be asked.

        Raises:
            ModelError: No usable reply could be had.
            ConfigError: An extra is missing.
            ReplayMismatch: The planning model replays, and was asked for something else.
        """
        agent = await self._connected()
        try:
            return await agent.reply(request, emit)
        except ModelError:
            mismatch = self._model.mismatch
            if mismatch is not None:
                raise mismatch from None
            raise

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
        from batuta.standin import serve_standin
        from batuta.standin.bedrock_agent import PATH, AgentStandIn
        from batuta.standin.conversations import KeptConversations

        agents = {_AGENT: self._kept}
        talks = KeptConversations(self._file)
        door = AgentStandIn(self._model, agents, act=self._act, talks=talks, clock=self._clock)
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
