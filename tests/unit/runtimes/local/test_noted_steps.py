"""A run with earlier steps takes the way that they tell, or ends before it does anything else."""

from __future__ import annotations

import json
from contextlib import nullcontext, suppress

import pytest

from batuta.core.effect import LoggedEffect
from batuta.core.message import Message
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.tool import tool
from batuta.errors import ReplayMismatch, ToolRetry
from batuta.storage.requests_sqlite import SqliteRequests
from batuta.testing.scripted import ScriptedModel
from batuta.wiring import local_runtime

DONE: list[str] = []


@tool
async def look(what: str) -> bytes:
    """Look at something."""
    DONE.append(f"look {what}")
    return what.encode()


@tool(effect="write", key=("what",))
async def write(what: str) -> str:
    """Write something."""
    DONE.append(f"write {what}")
    if what == "no":
        raise ToolRetry("write", "Not that.", ("what",))
    return what


class Clerk:
    """Does what it was made for, in order; a step is plain code."""

    name, role = "clerk", "writes"

    def __init__(self, *ways: str) -> None:
        self.ways = ways

    async def execute(self, message: Message, run: Run) -> Message:
        for way in self.ways:
            kind, _, what = way.partition(" ")
            if kind == "step":

                async def work(what: str = what) -> str:
                    DONE.append(f"step {what}")
                    return what

                assert await run.step("work", work) == what
            elif kind == "ask":
                DONE.append((await run.ask([Message.user(what)])).text)
            elif kind == "look":
                assert await run.use(look, {"what": what}) == what.encode()
            else:
                with suppress(ToolRetry) if what == "no" else nullcontext():
                    assert await run.use(write, {"what": what}) == what
        return Message.assistant("done")


async def noted(log: SqliteRequests, *ways: str, steps: str = "") -> list[str]:
    """Run, and give what was really done."""
    DONE.clear()
    runtime = local_runtime(model=ScriptedModel(["said"], repeat=True))
    runtime.effects = log
    options = RunOptions(idempotency_prefix="k", earlier_steps=steps)
    record = await runtime.run(Clerk(*ways), Message.user("go"), options)
    if record.failure is not None:
        raise record.failure
    return list(DONE)


async def last(log: SqliteRequests) -> LoggedEffect:
    return (await log.of_request("k", "local"))[-1]


WAYS = ("ask one", "step two", "look three", "write no", "write four", "look five", "write six")


async def test_what_is_noted_is_given_and_what_comes_after_is_done() -> None:
    async with SqliteRequests(":memory:") as log:
        assert await noted(log, *WAYS) == ["said", *WAYS[1:]]
        steps = (await last(log)).steps
        assert await noted(log, *WAYS, "look seven", steps=steps) == ["said", "look seven"]


@pytest.mark.parametrize(
    "other",
    [
        ("ask other", *WAYS[1:]),
        (*WAYS[:2], "look other", *WAYS[3:]),
        (*WAYS[:4], "write other", *WAYS[5:]),
        ("look more", *WAYS),
        ("ask one", "look more"),
    ],
)
async def test_another_way_ends_before_anything_else_is_done(other: tuple[str, ...]) -> None:
    async with SqliteRequests(":memory:") as log:
        await noted(log, *WAYS)
        steps = (await last(log)).steps
        with pytest.raises(ReplayMismatch):
            await noted(log, *other, steps=steps)
        assert DONE in ([], ["said"])


async def test_a_run_without_a_key_notes_nothing() -> None:
    async with SqliteRequests(":memory:") as log:
        runtime = local_runtime(model=ScriptedModel(["said"]))
        runtime.effects = log
        record = await runtime.run(Clerk("ask one", "write two"), Message.user("go"))
        (effect,) = await log.of_request(record.run_id, "local")
        assert effect.steps == ""


async def test_a_noted_reply_is_not_paid_for_again() -> None:
    async with SqliteRequests(":memory:") as log:
        await noted(log, *WAYS)
        steps = (await last(log)).steps
        usage = json.loads(steps)["ask 1.1"]["value"]["usage"]
        assert set(usage) >= {"input_tokens", "output_tokens"}
        runtime = local_runtime(model=ScriptedModel([]))
        runtime.effects = log
        options = RunOptions(idempotency_prefix="k", earlier_steps=steps)
        record = await runtime.run(Clerk(*WAYS), Message.user("go"), options)
        assert (record.text, record.usage.input_tokens) == ("done", 0)
