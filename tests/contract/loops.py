"""Every framework's loop, an agent that one drives, and a model that says what it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from batuta.core.agent import Agent
from batuta.core.message import Message, ToolCall
from batuta.core.model import Emit, ModelReply, ModelRequest, Usage, ignore
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.tool import Tool
from batuta.core.trace import Decider, Event
from batuta.frameworks.adk import AdkLoop
from batuta.frameworks.agent_framework import AgentFrameworkLoop
from batuta.frameworks.langgraph import LangGraphLoop
from batuta.frameworks.openai_agents import OpenAIAgentsLoop
from batuta.frameworks.pydantic_ai import PydanticAILoop
from batuta.frameworks.strands import StrandsLoop
from batuta.parts.loop import AgentLoop, Delegate, LoopResult, LoopSpec
from batuta.runtimes.local import LocalRuntime
from batuta.styles.extras import is_installed
from batuta.styles.frameworks import FRAMEWORKS
from batuta.wiring import LAYERS

LOOPS: dict[str, Callable[[], AgentLoop]] = {
    "adk": AdkLoop,
    "agent_framework": AgentFrameworkLoop,
    "langgraph": LangGraphLoop,
    "openai_agents": OpenAIAgentsLoop,
    "pydantic_ai": PydanticAILoop,
    "strands": StrandsLoop,
}

HERE = tuple(name for name in LOOPS if is_installed(FRAMEWORKS[name.replace("_", "-")].module))
"""Those whose library this environment has; tests/contract/test_loops_apart.py runs the others."""

USED = Usage(10, 5, 4, 2, 3)


@dataclass
class Scripted:
    """A model that gives its replies in order, the last one for ever, and keeps the requests."""

    replies: Sequence[ModelReply | Exception]
    name: str = "scripted:test"
    requests: list[ModelRequest] = field(default_factory=list)

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        said = self.replies[min(len(self.requests), len(self.replies) - 1)]
        self.requests.append(request)
        if isinstance(said, Exception):
            raise said
        emit(said.text)
        return said


@dataclass(kw_only=True)
class Driven:
    """An agent that a loop drives."""

    model: Scripted
    tools: Sequence[Tool] = ()
    delegates: Sequence[Delegate] = ()
    max_turns: int = 10
    by: Decider = "agent"
    name: str = "driven"
    role: str = "test agent"
    decides: Decider = "agent"
    result: LoopResult | None = None
    loop: AgentLoop = field(default_factory=OpenAIAgentsLoop)

    async def execute(self, message: Message, run: Run) -> Message:
        spec = LoopSpec(
            name=self.name,
            instructions=Message.system("Be brief."),
            tools=self.tools,
            delegates=self.delegates,
            model=self.model,
            max_turns=self.max_turns,
            by=self.by,
        )
        self.result = await self.loop.drive(spec, [*run.history(), message], run)
        run.remember(*self.result.said)
        return self.result.reply


def text(words: str) -> ModelReply:
    return ModelReply(words, usage=USED, model="scripted:test")


def wish(*calls: ToolCall, words: str = "") -> ModelReply:
    return ModelReply(words, calls, usage=USED, stop_reason="tool_calls", model="scripted:test")


def call(name: str, arguments: Mapping[str, Any] | None = None, call_id: str = "c1") -> ToolCall:
    return ToolCall(call_id, name, arguments or {})


def runtime(*agents: Agent) -> LocalRuntime:
    made = LocalRuntime(layers=LAYERS)
    made.register(*agents)
    return made


async def ask(
    agent: Driven, *others: Agent, options: RunOptions | None = None, words: str = "Go."
) -> RunRecord:
    return await runtime(*others).run(agent, Message.user(words), options)


def told(agent: Driven, turn: int = -1) -> list[dict[str, Any]]:
    """The tool results, read as JSON, that the model saw in one of its turns."""
    seen = agent.model.requests[turn].messages
    return [json.loads(m.text) for m in seen if m.role == "tool"]


def results(agent: Driven, turn: int = -1) -> list[tuple[str | None, str]]:
    """Call ids and texts of the tool results that the model saw in one of its turns."""
    return [(m.call_id, m.text) for m in agent.model.requests[turn].messages if m.role == "tool"]


def decisions(record: RunRecord) -> list[Event]:
    return [e for e in record.events if e.kind == "decision"]


def ends(record: RunRecord, kind: str) -> list[Event]:
    return [e for e in record.events if e.kind == kind and e.phase == "end"]
