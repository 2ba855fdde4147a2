"""The typed floor: the least that a library worth the name does on a run, as flat as can be.

Schemas from signatures, arguments validated by pydantic-core, messages with slots, tokens counted,
a limit of turns, a deadline for each call, an event to each listener, a context variable per run.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from bench.peers import tasks
from bench.peers.tasks import Run, Script, Wish


@dataclass(slots=True)
class Call:
    """A wish for a tool."""

    id: str
    name: str
    arguments: str


@dataclass(slots=True)
class Message:
    """One utterance."""

    role: str
    content: str
    calls: tuple[Call, ...] = ()
    call_id: str = ""


@dataclass(slots=True)
class Usage:
    """Calls and tokens of a run."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(slots=True)
class Tool:
    """A function with its schema and its validator."""

    name: str
    function: Callable[..., Awaitable[str]]
    schema: dict[str, Any]
    validate: Callable[[str], dict[str, Any]]


_typed_dict: Any = TypedDict  # of names that are known when it runs
_tools: dict[Callable[..., Any], Tool] = {}


def tool(function: Callable[..., Awaitable[str]]) -> Tool:
    """Make a tool of a function, once."""
    made = _tools.get(function)
    if made is None:
        parameters = inspect.signature(function, eval_str=True).parameters.values()
        shape = _typed_dict(function.__name__, {p.name: p.annotation for p in parameters})
        adapter = TypeAdapter(shape)
        schema = {
            "name": function.__name__,
            "description": inspect.getdoc(function),
            "parameters": adapter.json_schema(),
        }
        validate: Any = adapter.validator.validate_json
        made = _tools[function] = Tool(function.__name__, function, schema, validate)
    return made


Model = Callable[[list[Message]], Awaitable[tuple[Message, int, int]]]
Listener = Callable[[str, object], None]


@dataclass(slots=True)
class Agent:
    """A model with instructions and tools."""

    name: str
    instructions: str
    model: Model
    tools: dict[str, Tool]
    next: Agent | None = None
    listeners: tuple[Listener, ...] = ()


@dataclass(slots=True)
class State:
    """One run."""

    agent: Agent
    messages: list[Message]
    usage: Usage = field(default_factory=Usage)
    events: list[tuple[str, object]] = field(default_factory=list[tuple[str, object]])

    def emit(self, kind: str, what: object) -> None:
        """Keep an event and tell whoever listens."""
        self.events.append((kind, what))
        for listener in self.agent.listeners:
            listener(kind, what)


_current: ContextVar[State] = ContextVar("run")


def made() -> Agent:
    """Make the agent with two tools."""
    return _agent(tasks.books)


def _agent(script: Script, latency_s: float = 0.0) -> Agent:
    async def model(messages: list[Message]) -> tuple[Message, int, int]:
        await tasks.pause(latency_s)
        results = 0
        for message in messages:
            results += message.role == "tool"
        said = script(messages[-1].content, results)
        if isinstance(said, Wish):
            call = Call(f"call_{results}", said.tool, said.json)
            return Message("assistant", "", (call,)), *tasks.TOKENS
        return Message("assistant", said.text), *tasks.TOKENS

    tools = [tool(function) for function in tasks.TOOLS]
    return Agent("booker", tasks.INSTRUCTIONS, model, {each.name: each for each in tools})


async def _answer(agent: Agent, text: str, *, turns: int = 10, deadline_s: float = 60.0) -> str:
    run = State(agent, [Message("system", agent.instructions), Message("user", text)])
    token = _current.set(run)
    try:
        for _ in range(turns):
            run.emit("model_start", run.agent.name)
            async with asyncio.timeout(deadline_s):
                message, input_tokens, output_tokens = await run.agent.model(run.messages)
            usage = run.usage
            usage.calls += 1
            usage.input_tokens += input_tokens
            usage.output_tokens += output_tokens
            run.messages.append(message)
            run.emit("model_end", message)
            if not message.calls:
                return message.content
            for call in message.calls:
                await _use(call, run)
        raise RuntimeError("too many turns")
    finally:
        _current.reset(token)


async def _use(call: Call, run: State) -> None:
    run.emit("tool_start", call)
    if call.name == "handoff" and run.agent.next is not None:
        run.agent, result = run.agent.next, "ok"
    else:
        wished = run.agent.tools[call.name]
        result = await wished.function(**wished.validate(call.arguments))
    run.messages.append(Message("tool", result, (), call.id))
    run.emit("tool_end", result)


def _answering(script: Script, latency_s: float = 0.0) -> Callable[[str], Coroutine[Any, Any, str]]:
    agent = _agent(script, latency_s)
    return lambda text: _answer(agent, text)


def agent(latency_s: float = 0.0) -> Run:
    """Ask three times, with two tools."""
    answer = _answering(tasks.books, latency_s)
    return lambda: answer(tasks.QUESTION)


def fan_out(count: int, latency_s: float) -> Run:
    """Ask many agents at once, in a group of tasks."""
    answers = [_answering(tasks.says_ok, latency_s) for _ in range(count)]

    async def run() -> list[str]:
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(answer(tasks.QUESTION)) for answer in answers]
        return [each.result() for each in asked]

    return run


own_fan_out = fan_out


def workflow() -> Run:
    """Ask five agents in turn."""
    return tasks.chained(_answering(tasks.says_ok))


@dataclass(slots=True)
class Count:
    """What the steps pass on."""

    number: int = 0


def functions() -> Run:
    """Call five functions in turn, each named, timed and told of."""

    async def add(state: Count) -> Count:
        state.number += 1
        return state

    steps = [(f"s{number}", add) for number in range(5)]

    async def run() -> int:
        state = Count()
        events: list[tuple[str, str]] = []
        for name, step in steps:
            events.append(("start", name))
            async with asyncio.timeout(60):
                state = await step(state)
            events.append(("end", name))
        return state.number

    return run


def router() -> Run:
    """Ask a classifier, then one of two."""
    ends = {name: _answering(tasks.says_ok) for name in ("booking", "support")}
    return tasks.routed(_answering(tasks.labels), ends)


def reflection() -> Run:
    """Write and judge three times."""
    return tasks.improved(_answering(tasks.drafts), _answering(tasks.judges))


def handoffs() -> Run:
    """Hand over three times."""
    agents = [_agent(tasks.hands_over("handoff")) for _ in range(3)]
    for giver, taker in zip(agents, [*agents[1:], _agent(tasks.says_ok)], strict=True):
        giver.next = taker
    return lambda: _answer(agents[0], tasks.QUESTION)
