"""What every ``Runtime`` must do; a test module subclasses this with a ``host`` fixture."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import pytest

from batuta.core.agent import Agent, FunctionAgent
from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.model import Model, ModelReply, ModelRequest, Usage
from batuta.core.price import Cost, Price, Prices, PriceTable
from batuta.core.principal import READ, Principal
from batuta.core.record import RunRecord
from batuta.core.retry import Retry
from batuta.core.run import Run
from batuta.core.runtime import RunOptions, Runtime
from batuta.core.session import Session
from batuta.core.tool import tool
from batuta.core.tool_context import ToolContext
from batuta.core.trace import Event
from batuta.errors import (
    AccessDenied,
    AgentFailed,
    AgentNotFound,
    BatutaError,
    BudgetExceeded,
    ModelRefused,
    ToolRetry,
)
from batuta.testing.scripted import ScriptedModel
from tests.patience import scaled

PRICES = PriceTable({"scripted:*": Price(1.0, 2.0, "test")})
HELLO = Message.user("hello")
SOON = RunOptions(budget=Budget(seconds=0.2))


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What a runtime is made with."""

    agents: tuple[Agent, ...]
    model: Model = field(default_factory=lambda: ScriptedModel([_line], repeat=True))
    limit: int = 10
    prices: Prices = PRICES


Host = Callable[[Setup], AbstractAsyncContextManager[Runtime]]


def _line(_: ModelRequest) -> ModelReply:
    return ModelReply("said", usage=Usage(10, 5), model="scripted:lines", stand_in=True)


@tool(effect="write", key=("text",))
async def write(text: str, who: Principal, context: ToolContext) -> str:
    """Write something."""
    return f"{who.id} wrote {text} in {context.session_id or 'no session'}"


def agent(name: str) -> Callable[[Callable[[Message, Run], object]], FunctionAgent]:
    return lambda answer: FunctionAgent(name=name, answer=answer)  # type: ignore[arg-type]


@agent("echo")
async def echo(message: Message, run: Run) -> Message:
    return Message.assistant(message.text, message.data)


@agent("worker")
async def worker(message: Message, run: Run) -> Message:
    said = await run.ask([message])
    wrote = await run.use(write, {"text": message.text}, by="model")
    run.decide("enough", "tested")
    return Message.assistant(f"{said.text}: {wrote}")


@agent("boss")
async def boss(message: Message, run: Run) -> Message:
    calls = (run.call("worker", Message.user(word)) for word in message.text.split())
    answers = await run.together(*calls)
    return Message.assistant(" | ".join(a.text for a in answers))


@agent("breaks")
async def breaks(message: Message, run: Run) -> Message:
    raise ValueError("of its own")


@agent("refuses")
async def refuses(message: Message, run: Run) -> Message:
    raise ModelRefused("m")


@agent("waits")
async def waits(message: Message, run: Run) -> Message:
    await asyncio.Event().wait()
    return message


@agent("down")
async def down(message: Message, run: Run) -> Message:
    left = int(message.text)
    return await run.call("down", Message.user(str(left - 1))) if left else message


@agent("partial")
async def partial(message: Message, run: Run) -> Message:
    names = message.text.split()
    made = await run.together(*(run.call(n, HELLO) for n in names), on_error="partial")
    return Message.assistant(" ".join(o.error.code if o.error else o.value.text for o in made))


AGENTS = (echo, worker, boss, breaks, refuses, waits, down, partial)
TREE = [
    ("1", "", "agent", "boss", "user"), ("1.1", "1", "agent", "worker", "code"),
    ("1.1.1", "1.1", "model", "scripted:lines", "code"), ("1.1.2", "1.1", "tool", "write", "model"),
    ("1.1.3", "1.1", "decision", "enough", "code"), ("1.2", "1", "agent", "worker", "code"),
    ("1.2.1", "1.2", "model", "scripted:lines", "code"), ("1.2.2", "1.2", "tool", "write", "model"),
    ("1.2.3", "1.2", "decision", "enough", "code"),
]  # fmt: skip


class RuntimeContract:
    """Tests of one runtime; ``host`` makes it, started, with agents and a model."""

    async def test_a_tree_of_agents_gives_the_same_everywhere(self, host: Host) -> None:
        options = RunOptions(principal=Principal("ana"), session=Session("s1", "ana"))
        async with host(Setup(agents=AGENTS)) as runtime:
            record = await runtime.run("boss", Message.user("a b"), options)
        assert record.text == "said: ana wrote a in s1 | said: ana wrote b in s1"
        assert (record.stop_reason, record.error, record.stand_in) == ("done", None, True)
        assert (record.model_calls, record.tool_calls) == (2, 2)
        assert record.usage == Usage(20, 10)
        assert record.cost.usd == pytest.approx(40e-6)
        shape = sorted((e.span, e.parent, e.kind, e.name, e.by) for e in _begun(record))
        assert shape == TREE
        ends = [e for e in record.events if e.kind == "model" and e.phase == "end"]
        assert sum((e.usage for e in ends if e.usage), Usage()) == record.usage
        assert sum((e.cost for e in ends if e.cost), Cost()).usd == pytest.approx(record.cost.usd)

    async def test_data_goes_there_and_back(self, host: Host) -> None:
        data = {"n": [1, None, {"größe": True}]}
        async with host(Setup(agents=AGENTS)) as runtime:
            assert (await runtime.call("echo", Message.user("x", data))).data == data

    async def test_agents_come_and_go_by_name(self, host: Host) -> None:
        async with host(Setup(agents=(echo, boss))) as runtime:
            assert runtime.names() == ("echo", "boss")
            with pytest.raises(ValueError, match="unique"):
                runtime.register(echo)
            runtime.unregister("boss")
            assert runtime.names() == ("echo",)
            for name in ("boss", "nobody"):
                with pytest.raises(AgentNotFound):
                    await runtime.call(name, HELLO)
            with pytest.raises(AgentNotFound):
                runtime.unregister("nobody")

    @pytest.mark.parametrize(
        ("name", "error"),
        [("breaks", AgentFailed), ("refuses", ModelRefused), ("nobody", AgentNotFound)],
    )
    async def test_errors_keep_their_class(
        self, host: Host, name: str, error: type[BatutaError]
    ) -> None:
        async with host(Setup(agents=AGENTS)) as runtime:
            with pytest.raises(error):
                await runtime.call(name, HELLO)
            record = await runtime.run(name, HELLO)
            assert record.error is not None
            assert record.error["code"] == error.code
            assert (await runtime.call("partial", Message.user(f"{name} echo"))).text == (
                f"{error.code} hello"
            )

    async def test_several_come_in_order_each_on_its_own(self, host: Host) -> None:
        async with host(Setup(agents=AGENTS)) as runtime:
            records = await runtime.call_several(
                [("echo", Message.user("1")), ("breaks", HELLO), ("echo", Message.user("2"))]
            )
        assert [r.text if r.reply else r.stop_reason for r in records] == ["1", "error", "2"]

    @pytest.mark.parametrize("limit", [1, 2])
    async def test_nested_calls_never_deadlock(self, host: Host, limit: int) -> None:
        words = Message.user(" ".join("abcdefgh"))
        options = RunOptions(budget=Budget(depth=20, seconds=scaled(60)))
        async with host(Setup(agents=AGENTS, limit=limit)) as runtime:
            assert (await runtime.call("down", Message.user("15"), options)).text == "0"
            records = await runtime.call_several([("boss", words)] * 3, options)
        ended = [(r.error, r.text.count("|")) for r in records]
        assert ended == [(None, 7)] * 3, ended

    async def test_a_budget_holds_over_the_tree(self, host: Host) -> None:
        options = RunOptions(budget=Budget(model_calls=3))
        async with host(Setup(agents=AGENTS)) as runtime:
            record = await runtime.run("boss", Message.user(" ".join("abcdefgh")), options)
        assert isinstance(record.failure, BudgetExceeded)
        assert (record.failure.kind, record.stop_reason) == ("model_calls", "budget")
        assert record.model_calls == 3

    async def test_depth_holds(self, host: Host) -> None:
        options = RunOptions(budget=Budget(depth=3))
        async with host(Setup(agents=AGENTS)) as runtime:
            assert (await runtime.call("down", Message.user("2"), options)).text == "0"
            record = await runtime.run("down", Message.user("3"), options)
        assert isinstance(record.failure, BudgetExceeded)
        assert record.failure.kind == "depth"

    async def test_time_holds(self, host: Host) -> None:
        async with host(Setup(agents=AGENTS)) as runtime:
            record = await runtime.run("waits", HELLO, SOON)
            assert (record.stop_reason, record.reply) == ("deadline", None)
            assert (await runtime.call("echo", HELLO)).text == "hello"

    async def test_time_holds_beside_a_plain_tool_that_is_not_done(self, host: Host) -> None:
        go_on = threading.Event()

        @tool
        def wait() -> str:
            """Wait."""
            return str(go_on.wait())

        @agent("uses")
        async def uses(message: Message, run: Run) -> Message:
            return Message.assistant(await run.use(wait, {}))

        try:
            async with host(Setup(agents=(uses, echo))) as runtime:
                record = await runtime.run("uses", HELLO, SOON)
                assert (record.stop_reason, go_on.is_set()) == ("deadline", False)
                assert (await runtime.call("echo", HELLO)).text == "hello"
        finally:
            go_on.set()

    async def test_cancelling_ends_the_run_and_leaves_its_record(self, host: Host) -> None:
        kept: list[RunRecord] = []
        begun = asyncio.Event()
        options = RunOptions(on_end=kept.append, listener=lambda _: begun.set())
        async with host(Setup(agents=AGENTS)) as runtime:
            task = asyncio.create_task(runtime.run("waits", HELLO, options))
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert [r.stop_reason for r in kept] == ["cancelled"]
            assert (await runtime.call("echo", HELLO)).text == "hello"

    async def test_who_may_not_write_does_not(self, host: Host) -> None:
        options = RunOptions(principal=Principal("rita", permissions=frozenset({READ})))
        async with host(Setup(agents=AGENTS)) as runtime:
            record = await runtime.run("worker", HELLO, options)
        assert isinstance(record.failure, AccessDenied)

    async def test_a_listener_hears_every_event_in_order(self, host: Host) -> None:
        heard: list[Event] = []
        async with host(Setup(agents=AGENTS)) as runtime:
            options = RunOptions(listener=heard.append)
            record = await runtime.run("boss", Message.user("a b"), options)
        kept = [e for e in heard if e.seq >= 0]
        assert [e.seq for e in kept] == list(range(len(record.events)))
        assert tuple(kept) == tuple(record.events)
        assert {e.span for e in heard if e.kind == "text"} == {"1.1.1", "1.2.1"}

    async def test_a_listener_hears_the_run_itself_begin_and_end_once(self, host: Host) -> None:
        heard: list[Event] = []
        async with host(Setup(agents=AGENTS)) as runtime:
            session = Session("s1", "local")
            options = RunOptions(listener=heard.append, session=session)
            done = await runtime.run("boss", Message.user("a b"), options)
            failed = await runtime.run("refuses", HELLO, RunOptions(listener=heard.append))
        own = [(e.phase, e.name, e.data) for e in heard if e.kind == "run"]
        assert own == [
            ("start", "boss", {"run_id": done.run_id, "session_id": "s1"}),
            ("end", "boss", {"run_id": done.run_id, "stop": "done"}),
            ("start", "refuses", {"run_id": failed.run_id, "session_id": ""}),
            ("end", "refuses", {"run_id": failed.run_id, "stop": "error"}),
        ]
        assert (heard[0].kind, heard[-1].kind) == ("run", "run")
        assert not [e for r in (done, failed) for e in r.events if e.kind == "run"]

    async def test_an_effect_keeps_its_key_when_its_agent_is_called_again(self, host: Host) -> None:
        keys: list[str] = []

        @tool(effect="write")
        async def mark(context: ToolContext) -> None:
            """Leave a mark."""
            keys.append(context.idempotency_key)

        @agent("marks")
        async def marks(message: Message, run: Run) -> Message:
            await run.use(mark, {})
            await run.use(mark, {})
            return message

        same = RunOptions(idempotency_prefix="request-1", retry=Retry(attempts=1))
        async with host(Setup(agents=(marks,))) as runtime:
            for options in (same, same, RunOptions()):
                await runtime.call("marks", HELLO, options)
        assert keys[:2] == keys[2:4]
        assert len(set(keys)) == 4
        # As they always were: what was written before an upgrade is found again.
        assert keys[:2] == ["c073ec0996354f4cb5cd79fa071ef026", "f7c561f3383a6376cb9054f95bc6aedd"]

    async def test_state_changes_only_where_the_conversation_is_shared(self, host: Host) -> None:
        @agent("counts")
        async def counts(message: Message, run: Run) -> Message:
            run.state()["n"] = run.state().get("n", 0) + 1
            return Message.assistant(str(len(run.history())))

        @agent("outer")
        async def outer(message: Message, run: Run) -> Message:
            await run.call("counts", HELLO)
            return await run.call("counts", HELLO, shares_history=True)

        session = Session("s1", "local", [HELLO])
        async with host(Setup(agents=(counts, outer))) as runtime:
            record = await runtime.run("outer", HELLO, RunOptions(session=session))
        assert (record.text, session.state) == ("1", {"n": 1})

    async def test_arguments_at_fault_are_mendable_errors(self, host: Host) -> None:
        @agent("clumsy")
        async def clumsy(message: Message, run: Run) -> Message:
            await run.use(write, {"txt": "a"})
            return message

        async with host(Setup(agents=(clumsy,))) as runtime:
            record = await runtime.run("clumsy", HELLO)
        assert isinstance(record.failure, ToolRetry)
        assert record.failure.retryable

    async def test_ready_follows_start_and_stop(self, host: Host) -> None:
        class Slow:
            name, role, up = "slow", "slow", False

            async def execute(self, message: Message, run: Run) -> Message:
                return message

            async def start(self) -> None:
                self.up = True

            async def stop(self) -> None:
                self.up = False

            def ready(self) -> bool:
                return self.up

        slow = Slow()
        async with host(Setup(agents=(slow,))) as runtime:
            assert runtime.ready()
            await runtime.stop()
            assert not slow.up
            await runtime.start()
            assert slow.up


def _begun(record: RunRecord) -> list[Event]:
    return [e for e in record.events if e.phase != "end"]
