"""Batuta with everything on, as it is by default: deadline, budget, trace, policy, retry, record.

One runtime for the process, as an application has it. Limits that a run of this size would meet are
raised, none is switched off; the fake model has a price, as a real one has; ``book`` writes. What a
composition needs is imported by it, as an application without one does not have it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from batuta import (
    Agent,
    FunctionCalling,
    LocalRuntime,
    Message,
    ModelReply,
    ModelRequest,
    Price,
    RunOptions,
    Tool,
    ToolCall,
    Usage,
    local_runtime,
    tool,
)
from batuta.core.model import Emit, ignore
from batuta.core.price import PriceTable
from bench.peers import tasks
from bench.peers.tasks import Run, Script, Wish

_USAGE = Usage(*tasks.TOKENS)
_MODEL = "fake:bench"


class Fake:
    """A script as a model.

    Args:
        shape: Makes a structured reply of the script's text, where one is asked for.
    """

    def __init__(
        self,
        script: Script,
        latency_s: float = 0.0,
        shape: Callable[[str], dict[str, Any]] | None = None,
    ) -> None:
        self.name = _MODEL
        self._script, self._latency_s, self._shape = script, latency_s, shape

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Say what the script says."""
        del emit
        await tasks.pause(self._latency_s)
        results = 0
        for message in request.messages:
            results += message.role == "tool"
        said = self._script(request.messages[-1].text, results)
        if isinstance(said, Wish):
            call = ToolCall(f"call_{results}", said.tool, said.arguments)
            return ModelReply("", (call,), usage=_USAGE, stop_reason="tool_calls", model=self.name)
        if request.output is not None and self._shape is not None:
            output = self._shape(said.text)
            return ModelReply(said.text, output=output, usage=_USAGE, model=self.name)
        return ModelReply(said.text, usage=_USAGE, model=self.name)


@cache
def _host() -> LocalRuntime:
    prices = PriceTable({"fake:*": Price(1.0, 2.0, "bench")})
    return local_runtime(model=Fake(tasks.says_ok), prices=prices, max_concurrent_calls=5_000)


def _tools() -> tuple[Tool, ...]:
    return tool(tasks.check_availability), tool(effect="write", key=("date", "time"))(tasks.book)


def made() -> FunctionCalling:
    """Make the agent with two tools."""
    return _booker(0.0)


def _booker(latency_s: float) -> FunctionCalling:
    return FunctionCalling(
        name="booker",
        instructions=tasks.INSTRUCTIONS,
        model=Fake(tasks.books, latency_s),
        tools=_tools(),
    )


def _asked(name: str, script: Script, latency_s: float = 0.0) -> FunctionCalling:
    return FunctionCalling(
        name=name, instructions=tasks.INSTRUCTIONS, model=Fake(script, latency_s), tools=()
    )


def _running(
    agent: Agent, read: Callable[[Message], Any] | None = None, options: RunOptions | None = None
) -> Run:
    """Make whole runs: a user's text in, the record's answer out; a failed run raises."""
    host = _host()

    async def run() -> Any:
        record = await host.run(agent, Message.user(tasks.QUESTION), options)
        answer = record.answer()
        return answer.text if read is None else read(answer)

    return run


def agent(latency_s: float = 0.0) -> Run:
    """Ask three times, with two tools."""
    return _running(_booker(latency_s))


def fan_out(count: int, latency_s: float) -> Run:
    """Do as many runs at once."""
    return tasks.gathered([_running(_asked("one", tasks.says_ok, latency_s)) for _ in range(count)])


def own_fan_out(count: int, latency_s: float) -> Run:
    """Ask as many agents at once, in one run of a Parallel."""
    from batuta import Budget, Parallel

    wide = Budget(model_calls=5_000, tokens=50_000_000, cost_usd=1_000.0)
    members = [_asked(f"a{number}", tasks.says_ok, latency_s) for number in range(count)]
    everybody = Parallel(members=members, combine=_listed)
    return _running(everybody, lambda answer: (answer.data or {})["texts"], RunOptions(budget=wide))


def _listed(members: Sequence[Any]) -> Message:
    return Message.assistant("all", {"texts": [member.reply.text for member in members]})


def workflow() -> Run:
    """Ask five agents in turn, in a Workflow."""
    from batuta import Workflow

    return _running(Workflow(steps=[_asked(f"s{n}", tasks.says_ok) for n in range(5)]))


def functions() -> Run:
    """Call five functions in turn, in a Workflow."""
    from batuta import FunctionAgent, Workflow

    async def add(message: Message, _: object) -> Message:
        return Message.assistant("", {"number": (message.data or {}).get("number", 0) + 1})

    steps = [FunctionAgent(name=f"s{number}", answer=add) for number in range(5)]
    return _running(Workflow(steps=steps), lambda answer: (answer.data or {})["number"])


def router() -> Run:
    """Ask a classifier, then one of two."""
    from batuta import ModelClassifier, Router

    classifier = ModelClassifier(
        labels={"booking": "They want a table.", "support": "Anything else."},
        model=Fake(tasks.labels, shape=lambda text: {"label": text, "confidence": 1.0}),
    )
    ends = {name: _asked(name, tasks.says_ok) for name in ("booking", "support")}
    return _running(Router(classifier=classifier, routes=ends))


def reflection() -> Run:
    """Write and judge three times."""
    from batuta import ModelCritic, Reflection

    def scored(text: str) -> dict[str, Any]:
        return {"score": 1.0 if text == "PASS" else int(text[-1]) / 10, "feedback": text}

    critic = ModelCritic(model=Fake(tasks.judges, shape=scored))
    return _running(Reflection(generator=_asked("writer", tasks.drafts), critics=[critic]))


def handoffs() -> Run:
    """Hand over three times; each may hand over to the next one alone."""
    from batuta import HandoffAgent, Swarm

    scripts = [*(tasks.hands_over(f"transfer_to_a{n + 1}") for n in range(3)), tasks.says_ok]
    members = [
        HandoffAgent(name=f"a{n}", instructions=tasks.INSTRUCTIONS, model=Fake(script))
        for n, script in enumerate(scripts)
    ]
    allow = {f"a{n}": [f"a{n + 1}"] for n in range(3)} | {"a3": []}
    return _running(Swarm(members=members, allow=allow))
