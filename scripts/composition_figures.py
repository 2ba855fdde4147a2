"""Counts what each composition asks of its models as it grows, on a clock that jumps.

Every model call lasts one second of a loop whose time jumps to the next thing that waits, so that
a run's seconds are the longest chain of calls that wait for each other: exact, and over at once.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from batuta import (
    RAG,
    Agent,
    Debate,
    Document,
    Ensemble,
    FixedClock,
    FunctionAgent,
    FunctionCalling,
    HandoffAgent,
    Hierarchical,
    MapReduce,
    Message,
    ModelClassifier,
    ModelCritic,
    ModelManager,
    ModelReply,
    ModelRequest,
    Parallel,
    Reflection,
    Router,
    Run,
    Swarm,
    Synthesis,
    local_runtime,
)
from batuta.core.message import ToolCall
from batuta.core.model import Emit, Usage, ignore

SIZES = (2, 4, 8)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""Agents are told the time: how many tokens that takes shall not depend on the day."""
Says = Callable[[ModelRequest], ModelReply]


class SlowModel:
    """A model whose every call lasts a second of the loop's own time.

    Args:
        says: What it replies; ``ok`` where nothing is given.
    """

    name = "measured:calls"

    def __init__(self, says: Says | None = None) -> None:
        self._says = says

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Wait, then reply; a token is taken to be four letters."""
        await asyncio.sleep(1)
        made = self._says(request) if self._says else ModelReply("ok")
        asked = sum(len(message.text) for message in request.messages) // 4
        return ModelReply(
            made.text,
            made.tool_calls,
            made.output,
            usage=Usage(asked, max(1, len(made.text) // 4)),
            stand_in=True,
        )


class _JumpingSelector(selectors.DefaultSelector):
    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0 if timeout is not None else None)
        if not ready and timeout:
            self.now += timeout
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to what is next due when nothing else is to be done."""

    def __init__(self) -> None:
        self._jumps = _JumpingSelector()
        super().__init__(self._jumps)

    def time(self) -> float:
        """Give the jumping seconds."""
        return self._jumps.now


def measured() -> dict[str, dict[str, dict[str, int]]]:
    """Run each composition at each size: model calls, the longest chain, input tokens."""
    return {name: {str(n): _one(make(n)) for n in SIZES} for name, make in MAKERS.items()}


def _one(agent: Agent) -> dict[str, int]:
    async def timed() -> dict[str, int]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        runtime = local_runtime(model=SlowModel(), clock=FixedClock(NOW))
        record = (await runtime.run(agent, Message.user("Plan a club evening."))).raised()
        await runtime.stop()
        return {
            "model_calls": record.model_calls,
            "chain": round(loop.time() - began),
            "input_tokens": record.usage.input_tokens,
        }

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(timed())


def _members(n: int, says: Says | None = None) -> list[FunctionCalling]:
    return [FunctionCalling(name=f"m{i}", tools=(), model=SlowModel(says)) for i in range(n)]


def _parallel(n: int) -> Agent:
    return Parallel(members=_members(n), combine=Synthesis())


def _router(n: int) -> Agent:
    labels = {f"m{i}": f"Kind {i}." for i in range(n)}
    said = ModelReply(output={"label": "m0", "confidence": 0.9})
    members = _members(n)
    return Router(
        classifier=ModelClassifier(labels=labels, model=SlowModel(lambda _: said)),
        routes={member.name: member for member in members},
        default=members[0],
    )


def _swarm(n: int) -> Agent:
    members: list[Agent] = []
    for i in range(n):
        given = ModelReply(
            tool_calls=(ToolCall(f"c{i}", f"transfer_to_m{i + 1}", {"reason": "r"}),)
        )
        said = given if i + 1 < n else ModelReply("ok")
        members.append(
            HandoffAgent(name=f"m{i}", instructions="", model=SlowModel(lambda _, said=said: said))
        )
    return Swarm(members=members, entry="m0", max_handoffs=n)


def _rag(n: int) -> Agent:
    passages = [Document(id=str(i), text="Evenings are on Fridays. " * 8) for i in range(n)]

    async def find(_message: Message, _run: Run) -> Message:
        return Message.assistant("", {"documents": [each.to_json() for each in passages]})

    return RAG(retrievers=[FunctionAgent(name="shelf", answer=find)], top_k=n)


def _reflection(n: int) -> Agent:
    grown = iter(range(1, n + 1))
    critic = ModelCritic(
        criteria="short",
        model=SlowModel(
            lambda _: ModelReply(output={"score": next(grown) / (n + 1), "feedback": "-"})
        ),
    )
    (writer,) = _members(1)
    return Reflection(generator=writer, critics=[critic], max_rounds=n)


def _hierarchical(n: int) -> Agent:
    tasks = [{"team": "all", "worker": f"m{i}", "task": "do"} for i in range(n)]

    def says(request: ModelRequest) -> ModelReply:
        if request.output is None:
            return ModelReply("ok")
        return ModelReply(output={"assignments": tasks, "answer": ""})

    return Hierarchical(manager=ModelManager(model=SlowModel(says)), teams={"all": _members(n)})


def _ensemble(n: int) -> Agent:
    return Ensemble(voters=_members(n))


def _map_reduce(n: int) -> Agent:
    (mapper,) = _members(1)
    return MapReduce(split=lambda _: ["part"] * n, mapper=mapper, reducer=Synthesis())


def _debate(n: int) -> Agent:
    debaters = [
        FunctionCalling(
            name=f"m{i}", tools=(), model=SlowModel(lambda _, i=i: ModelReply(f"no {i}"))
        )
        for i in range(n)
    ]
    judge = FunctionCalling(name="judge", tools=(), model=SlowModel())
    return Debate(debaters=debaters, judge=judge, rounds=2)


MAKERS: Mapping[str, Callable[[int], Agent]] = {
    "parallel": _parallel,
    "router": _router,
    "swarm": _swarm,
    "rag": _rag,
    "reflection": _reflection,
    "hierarchical": _hierarchical,
    "ensemble": _ensemble,
    "map_reduce": _map_reduce,
    "debate": _debate,
}


def rows(found: Mapping[str, Any], name: str) -> list[list[str]]:
    """The cells of a composition's table."""
    return [
        [size, str(each["model_calls"]), str(each["chain"]), f"{each['input_tokens']:,}"]
        for size, each in found[name].items()
    ]
