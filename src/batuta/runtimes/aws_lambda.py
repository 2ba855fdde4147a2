"""Agents here and in functions on Lambda, under one set of names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from batuta.remote.aws_lambda.agent import LambdaAccess, LambdaAgent
from batuta.runtimes.local.runtime import LocalRuntime

if TYPE_CHECKING:
    from batuta.core.trace import Decider


class LambdaRuntime(LocalRuntime):
    """Hosts agents in this process and calls those in functions.

    Args:
        layers: What stands around every ask, use, call and step, outermost first.
        access: The client, ledger and secret of calls to functions.
        options: As ``LocalRuntime`` takes them.
    """

    def __init__(self, layers: Sequence[object], *, access: LambdaAccess, **options: Any) -> None:
        super().__init__(layers, **options)
        self._access = access

    def connect(
        self, name: str, function: str, *, role: str = "", decides: Decider = "agent"
    ) -> LambdaAgent:
        """Register an agent that lives in a function.

        Args:
            function: As ``name``, or ``name:qualifier`` with a version or an alias.
            role: What it is for; empty tells its function.
            decides: Who decides inside it.

        Raises:
            ValueError: The name is taken.
        """
        agent = LambdaAgent(name, function, self._access, role=role, decides=decides)
        self.register(agent)
        return agent

    async def stop(self) -> None:
        """Stop the agents, then close the connections."""
        try:
            await super().stop()
        finally:
            await self._access.aclose()
