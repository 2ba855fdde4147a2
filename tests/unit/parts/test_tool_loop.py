"""The one loop of a model with tools, by what its users set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from batuta.core.agent import FunctionAgent
from batuta.core.message import Message
from batuta.core.model import ModelReply
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.tool import tool
from batuta.parts.tool_loop import ToolLoop
from batuta.testing.scripted import ScriptedModel, calls
from batuta.wiring import local_runtime

LOOK, BOOK = ("look", {}), ("book", {})


@tool
async def look() -> str:
    """Look."""
    return "free"


@tool(effect="write", key=())
async def book() -> str:
    """Book."""
    return "booked"


async def looped(*lines: Any, **options: Any) -> RunRecord:
    loop = ToolLoop(tools=[look, book], **options)

    async def answer(message: Message, run: Run) -> Message:
        return await loop.answer([message], run)

    runtime = local_runtime(model=ScriptedModel(lines))
    record = await runtime.run(FunctionAgent(name="looping", answer=answer), Message.user("go"))
    return record.raised()


def used(record: RunRecord) -> list[tuple[str, str]]:
    return [(e.name, e.by) for e in record.events if e.kind == "tool" and e.phase == "end"]


@pytest.mark.parametrize("by", ["model", "aws"])
async def test_the_trace_tells_who_wished_for_the_calls(by: str) -> None:
    record = await looped(calls(LOOK), calls(BOOK), "Done.", by=by)
    assert record.text == "Done."
    assert used(record) == [("look", by), ("book", by)]


async def test_what_ends_it_sees_the_results_before_and_leaves_its_own_calls_undone() -> None:
    seen: list[list[str]] = []

    def at_book(reply: ModelReply, results: Sequence[Message]) -> Message | None:
        seen.append([one.text for one in results])
        wished = [call.name for call in reply.tool_calls]
        return Message.assistant("enough") if "book" in wished else None

    record = await looped(calls(LOOK), calls(BOOK), "never", ends=at_book)
    assert record.text == "enough"
    assert seen == [[], ["free"]]
    assert used(record) == [("look", "model")]


async def test_the_limit_is_told_with_what_was_done() -> None:
    record = await looped(calls(BOOK), calls(LOOK), "never", max_turns=2)
    assert record.text.startswith("This is done and need not be done again: book (booked).")
    assert "in 2 steps" in record.text
    assert record.model_calls == 2


async def test_what_a_model_saw_in_a_turn_stays_what_it_was() -> None:
    model = ScriptedModel([calls(LOOK), calls(LOOK, BOOK), "Done."])
    loop = ToolLoop(tools=[look, book], model=model)
    agent = FunctionAgent(name="looping", answer=lambda m, run: loop.answer([m], run))
    (await local_runtime().run(agent, Message.user("go"))).raised()
    seen = [[m.role for m in request.messages] for request in model.requests]
    first = ["user"]
    second = [*first, "assistant", "tool"]
    assert seen == [first, second, [*second, "assistant", "tool", "tool"]]
