"""What these tests share: a loopback Lambda, and functions that answer as they are told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from batuta.core.agent import Agent
from batuta.core.redaction import Secret
from batuta.remote.aws_lambda import LambdaAccess, Working
from batuta.runtimes.aws_lambda import LambdaRuntime
from batuta.testing.scripted import ScriptedModel
from batuta.wiring import LAYERS
from tests.lambda_api import Cloud
from tests.unit.core.rig import FREE


@dataclass
class Rig:
    """A runtime that calls functions, on a cloud of its own."""

    cloud: Cloud
    access: LambdaAccess
    front: LambdaRuntime

    def answers(self, name: str, answer: Any) -> None:
        """Let a function answer as given, or raise it."""

        async def body(event: Any) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer(event) if callable(answer) else answer

        self.cloud.api.functions[name] = body
        self.front.connect(name, name)

    def serves(self, agent: Agent, *, secret: Secret | None = None, **options: Any) -> Working:
        """Let a function serve an agent, in the server's own event loop."""
        runtime = made(self.access, options.pop("model", None))
        runtime.register(agent)

        async def find(_: str) -> LambdaRuntime:
            return runtime

        seconds = options.pop("seconds", None)
        access = replace(self.access, ledger=self.cloud.ledger())
        working = Working(
            runtime=find, ledger=access.ledger, secret=secret or access.secret, **options
        )
        self.cloud.api.functions[agent.name] = lambda event: working.answer(event, seconds)
        self.front.connect(agent.name, f"{agent.name}:live")
        return working


def made(access: LambdaAccess, model: Any = None) -> LambdaRuntime:
    """Make a runtime."""
    chosen = model or ScriptedModel(["ok"], repeat=True)
    return LambdaRuntime(LAYERS, access=access, models=lambda _: chosen, prices=FREE)


@asynccontextmanager
async def rig_on(cloud: Cloud) -> AsyncIterator[Rig]:
    access = cloud.access()
    front = made(access)
    try:
        yield Rig(cloud, access, front)
    finally:
        await front.stop()
        cloud.api.functions.clear()
