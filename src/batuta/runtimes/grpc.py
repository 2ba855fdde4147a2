"""Agents here and elsewhere, under one set of names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from batuta.remote.grpc.channels import Channels
from batuta.remote.grpc.client import RemoteAgent
from batuta.runtimes.local.runtime import LocalRuntime

if TYPE_CHECKING:
    from batuta.core.trace import Decider
    from batuta.remote.grpc.access import Access


class GrpcRuntime(LocalRuntime):
    """Hosts agents in this process and calls those that others host.

    Args:
        layers: What stands around every ask, use, call and step, outermost first.
        access: The secret, TLS and limits of calls to other processes.
        options: As ``LocalRuntime`` takes them.
    """

    def __init__(self, layers: Sequence[object], *, access: Access, **options: Any) -> None:
        super().__init__(layers, **options)
        self._channels = Channels(access)

    def connect(
        self, name: str, *addresses: str, role: str = "", decides: Decider = "agent"
    ) -> RemoteAgent:
        """Register an agent that another process serves.

        Args:
            addresses: Where it is served, each as ``host:port``; several are taken in turn.
            role: What it is for; empty tells its addresses.
            decides: Who decides inside it.

        Raises:
            ValueError: The name is taken, or there is no address.
        """
        agent = RemoteAgent(name, addresses, self._channels, role=role, decides=decides)
        self.register(agent)
        return agent

    async def stop(self) -> None:
        """Stop the agents, then close the connections."""
        try:
            await super().stop()
        finally:
            await self._channels.close()
