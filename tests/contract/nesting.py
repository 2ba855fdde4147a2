"""Patterns nest in patterns, on every runtime; a test module subclasses this with ``host``."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.model import Usage
from batuta.core.price import Cost
from batuta.core.record import RunRecord
from batuta.core.runtime import RunOptions
from batuta.core.trace import Event
from batuta.errors import BatutaError, message_of
from batuta.parts.members import RECORD
from batuta.testing.scripted import ScriptedModel
from tests.contract.runtime import Host, Setup
from tests.contract.runtime_ends import down_to
from tests.contract.trees import Node, Play, agents_of, model_says, named, trees

QUESTION = Message.user("q")
PLENTY = Budget(model_calls=None, tokens=None, depth=20, seconds=60)
TREES = trees(4).map(named)
EXAMPLES = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,  # a host makes a new runtime each time
        HealthCheck.too_slow,
        HealthCheck.differing_executors,
    ],
)


def setup_of(tree: Node) -> Setup:
    return Setup(agents=tuple(agents_of(tree)), model=ScriptedModel([model_says], repeat=True))


async def run(host: Host, tree: Node, **options: Any) -> RunRecord:
    async with host(setup_of(tree)) as runtime:
        return await runtime.run(tree.name, QUESTION, RunOptions(**{"budget": PLENTY, **options}))


def transcript(record: RunRecord) -> list[tuple[str, str, str | None]]:
    """Give what each agent heard and said, in the order of the step paths."""
    ends = {e.span: e for e in record.events if e.kind == "agent" and e.phase == "end"}
    begun = [e for e in record.events if e.kind == "agent" and e.phase == "start"]
    return [(e.name, _text(e) or "", _text(ends[e.span])) for e in sorted(begun, key=_path)]


def _path(event: Event) -> list[int]:
    return [int(step) for step in event.span.split(".")]


def _text(event: Event) -> str | None:
    return None if event.data is None else event.data.get("text")


def check_sums(record: RunRecord) -> None:
    """The run's total is the sum of its spans, and of a composition's members."""
    ends = [e for e in record.events if e.kind == "model" and e.phase == "end"]
    assert record.usage == sum((e.usage for e in ends if e.usage), Usage())
    assert sum((e.cost for e in ends if e.cost), Cost()).known_usd == record.cost.known_usd
    if record.reply is not None and RECORD in record.reply.metadata:
        _check_members(record.reply.metadata[RECORD], record.usage)


def _check_members(told: dict[str, Any], whole: Usage) -> None:
    assert sum((Usage(**m["usage"]) for m in told["members"]), Usage()) == whole
    for member in told["members"]:
        if RECORD in member:
            _check_members(member[RECORD], Usage(**member["usage"]))


def check_failure(record: RunRecord, failure: BatutaError, play: Play) -> None:
    """The error is the plain program's, and tells what had been answered by then."""
    assert record.error is not None
    assert record.failure is not None
    assert record.error == {"code": failure.code, "message": str(record.failure)}
    assert message_of(record.failure) == message_of(failure)
    said = {(name, text.strip()) for name, _, text in play.heard if text and text.strip()}
    told = {(answer.agent, answer.text.removesuffix("…")) for answer in record.answers}
    assert told <= said
    assert bool(told) == bool(said) == bool(record.failure.in_hand)


class Nesting:
    """Properties of every tree of patterns."""

    async def says_what_the_plain_program_says(self, host: Host, tree: Node) -> None:
        play = Play()
        failure: BatutaError | None = None
        text = ""
        try:
            text = play.play(tree, QUESTION).text
        except BatutaError as error:
            failure = error
        record = await run(host, tree)
        if failure is None:
            assert (record.text, record.error) == (text, None)
        else:
            check_failure(record, failure, play)
        assert transcript(record) == play.heard
        assert (record.usage, record.model_calls) == (play.usage, play.model_calls)
        check_sums(record)

    async def keeps_its_budget(self, host: Host, tree: Node, most: int) -> None:
        play = Play()
        with suppress(BatutaError):
            play.play(tree, QUESTION)
        budget = Budget(model_calls=most, tokens=None, depth=20, seconds=60)
        record = await run(host, tree, budget=budget)
        assert record.model_calls <= most
        check_sums(record)
        if play.model_calls <= most:
            assert transcript(record) == play.heard
        else:
            assert any("BudgetExceeded" in (e.error or "") for e in record.events)
        assert RunRecord.from_json(record.to_json()) == record

    async def leaves_no_task_behind(self, host: Host, tree: Node, after: int) -> None:
        ended: list[RunRecord] = []
        heard = asyncio.Event()
        left = after

        def listen(_: Event) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                heard.set()

        async with host(setup_of(tree)) as runtime:
            at_rest = len(asyncio.all_tasks())
            options = RunOptions(budget=PLENTY, listener=listen, on_end=ended.append)
            task = asyncio.create_task(runtime.run(tree.name, QUESTION, options))
            wake = asyncio.create_task(heard.wait())
            await asyncio.wait({task, wake}, return_when=asyncio.FIRST_COMPLETED)
            task.cancel()
            wake.cancel()
            await asyncio.wait({task, wake})
            await down_to(at_rest)
            assert len(ended) == 1
            check_sums(ended[0])
            assert (await runtime.run(tree.name, QUESTION)).run_id != ended[0].run_id


def nesting_contract(examples: settings) -> type[Nesting]:
    """Make the same, tried on as many trees as the settings say."""

    class NestingContract(Nesting):
        @examples
        @given(tree=TREES)
        async def test_a_tree_says_what_the_plain_program_says(
            self, host: Host, tree: Node
        ) -> None:
            await self.says_what_the_plain_program_says(host, tree)

        @examples
        @given(tree=TREES, most=st.integers(0, 12))
        async def test_a_budget_holds_over_any_tree(
            self, host: Host, tree: Node, most: int
        ) -> None:
            await self.keeps_its_budget(host, tree, most)

        @examples
        @given(tree=TREES, after=st.integers(1, 60))
        async def test_a_cancelled_tree_leaves_no_task_behind(
            self, host: Host, tree: Node, after: int
        ) -> None:
            await self.leaves_no_task_behind(host, tree, after)

    return NestingContract
