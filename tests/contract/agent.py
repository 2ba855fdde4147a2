"""What every ``Agent`` must do, patterns first.

A test module subclasses it with a ``case``, and with ``asking``: a case that asks a model.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from batuta.core.agent import Agent, FunctionAgent, decider
from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.model import Emit, ModelReply, ModelRequest, Usage, ignore
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions, Runtime
from batuta.core.session import Session
from batuta.errors import BudgetExceeded, ModelRefused
from batuta.testing.scripted import ScriptedModel
from tests.contract.hosts import local
from tests.contract.runtime import Host, Setup
from tests.contract.runtime_ends import down_to

HELLO = Message.user("hello")


@dataclass(frozen=True, kw_only=True)
class AgentCase:
    """One agent and what it needs to answer once.

    Args:
        make: Makes the agent anew.
        others: Agents that it calls by name.
        lines: What its model says for one question; none for an agent that asks no model.
        refused: Code of its error when every model call of it is refused.
        host: Makes the runtime that it works on.
    """

    make: Callable[[], Agent]
    others: Callable[[], Sequence[Agent]] = tuple
    lines: Sequence[Any] = ()
    question: Message = field(default=HELLO)
    refused: str = "model_refused"
    host: Host = local

    @asynccontextmanager
    async def hosted(self, model: Any = None, limit: int = 10) -> AsyncIterator[Runtime]:
        """Host the agent with its helpers."""
        chosen = model or ScriptedModel(self.lines)
        setup = Setup(agents=(*self.others(), self.make()), model=chosen, limit=limit)
        async with self.host(setup) as runtime:
            yield runtime

    async def run(self, model: Any = None, options: RunOptions | None = None) -> RunRecord:
        """Have the question answered once."""
        async with self.hosted(model) as runtime:
            return await runtime.run(self.name, self.question, options)

    @property
    def name(self) -> str:
        """The agent's name."""
        return self.make().name


def _by_span(record: RunRecord) -> list[tuple[str, str, str, str]]:
    """Give the trace span by span: how members side by side interleave is left to the runtime."""
    events = sorted(record.events, key=lambda event: event.span)
    return [(e.span, e.kind, e.phase, e.name) for e in events]


class Waits:
    """A model that never answers."""

    name = "scripted:waits"

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError


class AgentContract:
    """Tests of one agent."""

    def test_it_is_an_agent_with_a_name_and_a_role(self, case: AgentCase) -> None:
        made = case.make()
        assert isinstance(made, Agent)
        assert made.name
        assert made.role
        assert decider(made) in ("code", "workflow", "model", "agent", "manager", "aws")

    async def test_it_answers_with_an_assistants_message(self, case: AgentCase) -> None:
        record = (await case.run()).raised()
        assert record.reply is not None
        assert record.reply.role == "assistant"
        assert record.text

    async def test_it_leaves_a_trace_that_nests_and_adds_up(self, case: AgentCase) -> None:
        record = (await case.run()).raised()
        spans = {e.span for e in record.events if e.phase == "start"}
        assert all(e.parent in spans for e in record.events if e.parent)
        assert [e.span for e in record.events if not e.parent] == ["1", "1"]
        begun = [e.span for e in record.events if e.phase == "start"]
        assert sorted(begun) == sorted(e.span for e in record.events if e.phase == "end")
        assert len(begun) == len(set(begun))
        ends = [e for e in record.events if e.kind == "model" and e.phase == "end"]
        assert record.model_calls == len(ends)
        assert record.usage == sum((e.usage for e in ends if e.usage), Usage())

    async def test_its_record_survives_being_written_down(self, case: AgentCase) -> None:
        record = (await case.run()).raised()
        assert RunRecord.from_json(record.to_json()) == record

    async def test_it_does_not_change_its_question(self, case: AgentCase) -> None:
        before = case.question.to_json()
        await case.run()
        assert case.question.to_json() == before

    async def test_it_answers_inside_another_agent_under_a_limit_of_one(
        self, case: AgentCase
    ) -> None:
        async def outer(message: Message, run: Run) -> Message:
            return await run.call(case.name, message)

        alone = await case.run()
        async with case.hosted(limit=1) as runtime:
            nested = await runtime.call(FunctionAgent(name="outer", answer=outer), case.question)
        assert nested.text == alone.text

    async def test_it_keeps_nothing_between_runs(self, case: AgentCase) -> None:
        model = ScriptedModel(case.lines, repeat=True)
        async with case.hosted(model) as runtime:
            records = [await runtime.run(case.name, case.question) for _ in range(2)]
        first, second = [record.raised() for record in records]
        assert first.text == second.text
        assert _by_span(first) == _by_span(second)

    async def test_what_it_keeps_of_a_conversation_can_be_written_down(
        self, case: AgentCase
    ) -> None:
        import json

        session = Session("s1", "local")
        options = RunOptions(session=session)
        (await case.run(options=options)).raised()
        assert json.loads(json.dumps(session.state)) == session.state

    async def test_a_models_error_is_the_runs_error(self, asking: AgentCase) -> None:
        record = await asking.run(ScriptedModel([ModelRefused("m")], repeat=True))
        assert record.error is not None
        assert record.error["code"] == asking.refused

    async def test_a_budget_of_no_model_calls_asks_no_model(self, asking: AgentCase) -> None:
        model = ScriptedModel(asking.lines)
        options = RunOptions(budget=Budget(model_calls=0))
        record = await asking.run(model, options)
        assert isinstance(record.failure, BudgetExceeded)
        assert model.requests == []

    async def test_cancelling_it_leaves_no_task_behind(self, asking: AgentCase) -> None:
        model = Waits()
        async with asking.hosted(model) as runtime:
            at_rest = len(asyncio.all_tasks())
            task = asyncio.create_task(runtime.run(asking.name, asking.question))
            await model.asked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await down_to(at_rest)

    async def test_its_time_is_limited(self, asking: AgentCase) -> None:
        options = RunOptions(budget=Budget(seconds=0.05))
        record = await asking.run(Waits(), options)
        assert record.stop_reason == "deadline"
