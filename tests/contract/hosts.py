"""Every runtime of the package, as the contract suites host agents on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from batuta.core.agent import Agent
from batuta.core.clock import FixedClock
from batuta.core.ids import new_id
from batuta.core.redaction import Secret
from batuta.core.runtime import Runtime
from batuta.remote.aws_lambda import LambdaAccess, Working
from batuta.remote.grpc import Access, Host
from batuta.runtimes.aws_lambda import LambdaRuntime
from batuta.runtimes.grpc import GrpcRuntime
from batuta.runtimes.local import LocalRuntime
from batuta.wiring import LAYERS
from tests.contract.runtime import Host as Hosting
from tests.contract.runtime import Setup
from tests.lambda_api import SECRET, Body, shared_cloud
from tests.unit.core.rig import NOW

ACCESS = Access(secret=Secret("the tests' own secret, long enough"))


class Placed(GrpcRuntime):
    """A runtime all of whose agents are served by others, which start and stop with it.

    Args:
        groups: The agents of each server; every server is connected to all others.
    """

    def __init__(self, groups: Sequence[Sequence[Agent]], **options: Any) -> None:
        super().__init__(LAYERS, access=ACCESS, **options)
        self.hosts: list[Host] = []
        self._groups = groups
        self._options = options
        self._served: list[GrpcRuntime] = []

    async def start(self) -> None:
        if not self.hosts:
            self._serve()
        for host in self.hosts:
            await host.start()
        await super().start()

    async def stop(self) -> None:
        await super().stop()
        for host in self.hosts:
            await host.stop(0)

    def _serve(self) -> None:
        for group in self._groups:
            runtime = GrpcRuntime(LAYERS, access=ACCESS, **self._options)
            runtime.register(*group)
            self._served.append(runtime)
            self.hosts.append(Host(runtime, access=ACCESS))
            self.hosts[-1].bind()
        for runtime, group in [(self, ()), *zip(self._served, self._groups, strict=True)]:
            for host, there in zip(self.hosts, self._groups, strict=True):
                if there is not group:
                    for agent in there:
                        runtime.connect(agent.name, host.address)


class InFunctions(LambdaRuntime):
    """A runtime each of whose agents lives in a function, which knows all the others.

    The functions run in this process, as the suites' agents are closures of it; AWS's own runtime
    client runs them in ``tests/e2e/test_lambda_agents.py``.
    """

    def __init__(self, agents: Sequence[Agent], **options: Any) -> None:
        self._cloud, access = shared_cloud()
        super().__init__(LAYERS, access=access, **options)
        self._served = {new_id("fn"): self._function(agent, access, options) for agent in agents}
        for runtime, mine in [(self, ""), *((r, n) for n, r in self._served.items())]:
            for name, other in self._served.items():
                if name != mine:
                    runtime.connect(other.names()[0], name)

    async def start(self) -> None:
        for name, runtime in self._served.items():
            self._cloud.api.functions[name] = _body(runtime)
            await runtime.start()
        await super().start()

    async def stop(self) -> None:
        await super().stop()
        for name, runtime in self._served.items():
            self._cloud.api.functions.pop(name, None)
            await runtime.stop()

    @staticmethod
    def _function(agent: Agent, access: LambdaAccess, options: dict[str, Any]) -> LambdaRuntime:
        runtime = LambdaRuntime(LAYERS, access=access, **options)
        runtime.register(agent)
        return runtime


def _body(runtime: LambdaRuntime) -> Body:
    """Make a function that works in the test's own event loop."""
    here = asyncio.get_running_loop()

    async def find(_: str) -> LambdaRuntime:
        return runtime

    _, access = shared_cloud()
    working = Working(runtime=find, ledger=access.ledger, secret=SECRET, look_s=0.05)

    def body(event: Any) -> Awaitable[Any]:
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(working.answer(event), here))

    return body


@asynccontextmanager
async def on_lambda(setup: Setup) -> AsyncIterator[Runtime]:
    runtime = InFunctions(setup.agents, **_options(setup))
    await runtime.start()
    try:
        yield runtime
    finally:
        await runtime.stop()


@asynccontextmanager
async def local(setup: Setup) -> AsyncIterator[Runtime]:
    runtime = LocalRuntime(LAYERS, **_options(setup))
    runtime.register(*setup.agents)
    await runtime.start()
    yield runtime
    await runtime.stop()


@asynccontextmanager
async def over_grpc(setup: Setup, *, each: bool) -> AsyncIterator[Runtime]:
    groups = [(agent,) for agent in setup.agents] if each else [setup.agents]
    runtime = Placed(groups, **_options(setup))
    await runtime.start()
    try:
        yield runtime
    finally:
        await runtime.stop()


def _options(setup: Setup) -> dict[str, Any]:
    return {
        "models": lambda _: setup.model,
        "prices": setup.prices,
        "max_concurrent_calls": setup.limit,
        "clock": FixedClock(NOW),
    }


HOSTS: dict[str, Hosting] = {
    "local": local,
    "grpc-each": partial(over_grpc, each=True),
    "grpc-one": partial(over_grpc, each=False),
    "lambda": on_lambda,
}
"""``grpc-each``: every agent in a server of its own; ``grpc-one``: all in one, but not the run."""
