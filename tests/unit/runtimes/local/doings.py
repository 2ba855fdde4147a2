"""Random things that agents do inside each other, and all that can be seen of a run of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from batuta.core.agent import FunctionAgent
from batuta.core.budget import Budget
from batuta.core.message import Message, ToolCall
from batuta.core.model import Emit, Inner, ModelReply, ModelRequest, Spent, Usage, ignore
from batuta.core.price import Price, PriceTable
from batuta.core.principal import LOCAL, READ, Principal
from batuta.core.record import RunRecord
from batuta.core.retry import NO_RETRY, Retry
from batuta.core.run import Job, Run
from batuta.core.runtime import RunOptions
from batuta.core.tool import Approve, Deny, Edit, Tool, ToolUse, Verdict
from batuta.core.trace import Event
from batuta.errors import (
    BatutaError,
    ModelRateLimited,
    ModelRefused,
    ModelTimeout,
    StoreBusy,
    ToolFailed,
    ToolRetry,
)
from batuta.models.fallback import FallbackModel
from batuta.runtimes.local import LocalRuntime
from tests.unit.core.rig import HELLO, manual_clock

PRICES = PriceTable({"paid:*": Price(1000.0, 2000.0, "test"), "free:*": Price(0.0, 0.0, "test")})
READER = Principal("reader", permissions=frozenset({READ}))
ASKS = (
    "ok", "ok", "late", "flaky", "limited", "down", "broken", "refused", "untold", "unpriced",
    "chain", "managed", "calls",
)  # fmt: skip
USES = ("read", "read", "write", "busy", "down", "down_write", "crash", "mend", "bad", "slow")
CALLS = ("plain", "plain", "shares", "hurried", "again", "unknown", "no_message", "stubborn")
LEAVES = (
    *(("ask", each) for each in ASKS), *(("use", each) for each in USES),
    ("step", "ok"), ("step", "fails"), ("decide", ""), ("pause", ""), ("raise", "ours"),
    ("raise", "theirs"), ("remember", ""),
)  # fmt: skip


@dataclass(frozen=True)
class Doing:
    """Something that an agent does.

    Args:
        caught: Whether the agent goes on after an error of ours.
    """

    kind: str
    how: str
    inner: tuple[Doing, ...] = ()
    caught: bool = True


def doings(depth: int) -> st.SearchStrategy[Doing]:
    """Doings that stand so deep in each other at most."""
    caught = st.sampled_from((True, True, False))
    leaf = st.builds(lambda what, c: Doing(*what, caught=c), st.sampled_from(LEAVES), caught)
    if depth == 0:
        return leaf
    several = st.lists(doings(depth - 1), min_size=1, max_size=3).map(tuple)
    call = st.builds(Doing, st.just("call"), st.sampled_from(CALLS), several, caught)
    many = st.builds(
        Doing,
        st.just("together"),
        st.sampled_from(("fail_fast", "partial", "one")),
        several,
        caught,
    )
    return st.one_of(leaf, call, many)


@dataclass(frozen=True)
class Case:
    """A run: what its agent does, and under what."""

    does: tuple[Doing, ...]
    budget: Budget
    retry: Retry
    hook: str
    writes: bool
    listens: bool
    cancel_after: int | None


def cases() -> st.SearchStrategy[Case]:
    """Make runs."""
    few = st.one_of(st.none(), st.integers(0, 6))
    budgets = st.builds(
        Budget,
        cost_usd=st.sampled_from((None, 1000.0, 5.0, 3.0)),
        tokens=st.sampled_from((None, 1_000_000, 2_500, 60)),
        model_calls=few,
        tool_calls=few,
        depth=st.sampled_from((None, 8, 2)),
        seconds=st.sampled_from((15.0, 50.0, None)),
        unknown_price=st.sampled_from(("warn", "fail")),
    )
    return st.builds(
        Case,
        st.lists(doings(3), min_size=1, max_size=4).map(tuple),
        st.one_of(st.just(Budget(cost_usd=1000.0, seconds=15.0)), budgets),
        st.sampled_from((Retry(wait_s=8.0), Retry(attempts=2, wait_s=0.0), NO_RETRY)),
        st.sampled_from(("", "", "approve", "deny", "mend", "edit")),
        st.sampled_from((True, True, False)),
        st.booleans(),
        st.one_of(st.none(), st.none(), st.integers(0, 40)),
    )


class Says:
    """A model that does as its name says; the first of some tries fails."""

    def __init__(self, how: str) -> None:
        self.name = f"{'odd' if how == 'unpriced' else 'paid'}:{how}"
        self._how, self._tries = how, 0

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        how, self._tries = self._how, self._tries + 1
        emit("said ")
        if how == "late":
            await _turns(3)
        if how == "down" or (how == "flaky" and self._tries == 1):
            error = ModelTimeout(self.name, 1)
            error.spent = (Spent(self.name, Usage(7, 0)),)
            raise error
        if how == "limited" and self._tries == 1:
            raise ModelRateLimited(self.name, 12.0)
        if how == "broken":
            raise ValueError("sk-abcdefgh12345678 is not accepted")
        if how == "refused":
            raise ModelRefused(self.name)
        inner = (Inner("tool", "look", {"q": 1, "result": 2}), Inner("decision", "stop", {}))
        return ModelReply(
            f"said {len(request.messages)} {request.max_output_tokens}",
            (ToolCall("1", "look", {}),) if how == "calls" else (),
            usage=Usage(10, 5),
            model=self.name,
            stand_in=how == "managed",
            usage_told=how != "untold",
            inner=inner if how == "managed" else (),
        )


class World:
    """One run's own models and tools, and what was seen of it. Its seconds pass by its clock."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.models: dict[str, Any] = {}
        self.jobs: list[Job] = []
        self.heard: list[Event] = []
        self.notes: list[str] = []
        self.done: list[str] = []
        self.records: list[RunRecord] = []
        self._tries = 0
        self._tools = {how: self._tool(how) for how in USES}

    def model(self, how: str) -> Any:
        if how not in self.models:
            chain = [Says("down"), Says("ok")]
            self.models[how] = FallbackModel(chain) if how == "chain" else Says(how)
        return self.models[how]

    def _tool(self, how: str) -> Tool:
        async def work(what: str = "x") -> str:
            """Work."""
            self._tries += 1
            self.done.append(f"{how} {what}")
            if how == "slow":
                await _turns(2)
            if how in ("down", "down_write") or (how == "busy" and self._tries % 2):
                raise StoreBusy("the store", 1)
            if how == "crash":
                raise KeyError("password=hunter2")
            if how == "mend":
                raise ToolRetry("mend", "give another", ("what",))
            return f"{how} is done"

        return Tool(work, name=how, effect="write" if "write" in how else "read", key=("what",))

    async def __call__(self, use: ToolUse) -> Verdict:
        """Judge a call, as a hook."""
        how = self.case.hook
        if how == "deny":
            return Deny("closed")
        if how == "mend":
            return Deny("not that", ("what",))
        return Edit({"what": "edited"}) if how == "edit" else Approve()

    async def after(self, use: ToolUse, result: Any) -> None:
        """Be told of a call that was done."""
        self.notes.append(f"{use.span} {dict(use.arguments)} gave {result}")

    async def do(self, doing: Doing, run: Run) -> Any:
        """Do one thing; an error of ours is noted, and passed on where it is not caught."""
        try:
            made = await DO[doing.kind](self, doing, run)
        except BatutaError as error:
            self.notes.append(f"{run.path} {type(error).__name__}: {error} {error.done}")
            if not doing.caught:
                raise
            return None
        self.notes.append(f"{run.path} {doing.kind}: {made}")
        return made

    def agent(self, name: str, does: Sequence[Doing], how: str = "plain") -> FunctionAgent:
        async def answer(message: Message, run: Run) -> Message:
            self.jobs.append(run.job)
            for one in does:
                await self.do(one, run)
            if how == "stubborn":
                await _stubborn(3)
            text: Any = f"{name} heard {message.text}"
            return text if how == "no_message" else Message.assistant(text)

        return FunctionAgent(name=name, answer=answer)


async def _ask(world: World, doing: Doing, run: Run) -> str:
    return (await run.ask([HELLO, *run.history()], model=world.model(doing.how))).text


async def _use(world: World, doing: Doing, run: Run) -> Any:
    given = {"whom": 1} if doing.how == "bad" else {"what": "y"}
    tool = world._tools[doing.how]
    return await run.use(tool, given, by="model")


async def _call(world: World, doing: Doing, run: Run) -> str:
    if doing.how == "unknown":
        return (await run.call("nobody", HELLO)).text
    agent = world.agent(f"agent {doing.how}", doing.inner, doing.how)
    options: dict[str, Any] = {
        "again": {"retry": Retry(attempts=2, wait_s=5.0)},
        "hurried": {"timeout_s": 0.0},
        "shares": {"shares_history": True},
    }.get(doing.how, {})
    return (await run.call(agent, HELLO, **options)).text


async def _step(_: World, doing: Doing, run: Run) -> Any:
    async def work() -> int:
        await _turns(1)
        if doing.how == "fails":
            raise ToolFailed("step", "broken")
        return 3

    return await run.step(doing.how, work)


async def _together(world: World, doing: Doing, run: Run) -> Any:
    work = [world.do(one, run) for one in doing.inner]
    how: Any = "fail_fast" if doing.how == "one" else doing.how
    return await run.together(*work, on_error=how, limit=1 if doing.how == "one" else None)


async def _decide(_: World, __: Doing, run: Run) -> None:
    run.decide("this", "because")


async def _remember(_: World, __: Doing, run: Run) -> None:
    run.remember(Message.assistant("kept"))


async def _pause(_: World, __: Doing, run: Run) -> None:
    await run.job.clock.sleep(20.0)
    await _turns(1)


async def _raise(_: World, doing: Doing, __: Run) -> None:
    raise ToolFailed("x", "ours") if doing.how == "ours" else ValueError("theirs")


DO: dict[str, Callable[[World, Doing, Run], Awaitable[Any]]] = {
    "ask": _ask, "use": _use, "call": _call, "step": _step, "together": _together,
    "decide": _decide, "remember": _remember, "pause": _pause, "raise": _raise,
}  # fmt: skip


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def _stubborn(count: int) -> None:
    """Wait some turns, whoever asks meanwhile that the waiting ends."""
    for _ in range(count):
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            continue


async def seen_of(case: Case, layers: Sequence[object]) -> dict[str, Any]:
    """Run a case under these layers, and give all that can be seen of it."""
    world, clock = World(case), manual_clock()
    runtime = LocalRuntime(layers, prices=PRICES, clock=clock, max_concurrent_calls=3)
    options = RunOptions(
        principal=LOCAL if case.writes else READER,
        budget=case.budget,
        run_id="run_same",
        hooks=[world] if case.hook else (),
        retry=case.retry,
        listener=world.heard.append if case.listens else None,
        on_end=world.records.append,
    )
    work = asyncio.create_task(runtime.run(world.agent("main", case.does), HELLO, options))
    if case.cancel_after is not None:
        await _turns(case.cancel_after)
        work.cancel()
    await asyncio.wait({work})
    await _turns(10)  # whoever was left behind may end
    return {
        "cancelled": work.cancelled(),
        "records": [_record(record) for record in world.records],
        "failures": [(type(record.failure), str(record.failure)) for record in world.records],
        "heard": _in_order([each.to_json() for each in world.heard]),
        "notes": sorted(world.notes),
        "effects": sorted(world.done),
        "left": len(asyncio.all_tasks()) - 1,
        "counts": [_counts(job) for job in world.jobs[:1]],
    }


def _record(record: RunRecord) -> Any:
    made = _without_ids(record.to_json())
    made["cost"]["known_usd"] = round(made["cost"]["known_usd"], 9)
    made["cost"]["usd"] = made["cost"]["usd"] and round(made["cost"]["usd"], 9)
    return {**made, "events": _in_order(made["events"])}


def _in_order(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give events in their order; where siblings were cancelled, in that of each span alone.

    A task group cancels its tasks in the order of a set, which differs from run to run.
    """
    if not any(event.get("error", "").startswith("CancelledError") for event in events):
        return events
    return sorted(({**event, "seq": 0} for event in events), key=lambda event: event["span"])


def _counts(job: Job) -> tuple[Any, ...]:
    """Give what the budget counts, and what is still held."""
    account = job.account
    usd = (round(account.held_usd, 9), round(account.cost.known_usd, 9))
    calls = (account.model_calls, account.tool_calls)
    return (account.held_tokens, usd, calls, account.usage, account.cost.reason, job.ended)


def _without_ids(made: Any) -> Any:
    if isinstance(made, list):
        return [_without_ids(each) for each in made]
    if isinstance(made, dict):
        return {k: _without_ids(v) for k, v in made.items() if k != "id"}
    return made
