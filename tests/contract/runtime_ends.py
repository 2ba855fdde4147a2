"""How runs end on every ``Runtime``: errors, budgets, time, cancellation, and what is left then.

A test module subclasses this with a ``host`` fixture.
"""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
from collections.abc import Callable, Sequence

import pytest

from batuta.core.agent import FunctionAgent
from batuta.core.budget import Budget
from batuta.core.clock import FixedClock
from batuta.core.message import Message
from batuta.core.model import Emit, ModelReply, ModelRequest, Spent, Usage, ignore
from batuta.core.price import Price, PriceTable
from batuta.core.principal import Principal
from batuta.core.record import RunRecord
from batuta.core.retry import Retry
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.tool import tool
from batuta.core.tool_context import ToolContext
from batuta.core.trace import Event
from batuta.errors import (
    AccessDenied,
    AgentFailed,
    AgentUnreachable,
    BatutaError,
    BudgetExceeded,
    ConfigError,
    Conflict,
    DeadlineExceeded,
    InboxFull,
    InvalidInput,
    LimitReached,
    MembersFailed,
    ModelAuthFailed,
    ModelCut,
    ModelError,
    ModelNotFound,
    ModelRateLimited,
    ModelRefused,
    ModelReplyInvalid,
    ModelTimeout,
    ModelUnavailable,
    RecordNotFound,
    RuntimeFailure,
    SessionError,
    StoreBusy,
    ToolFailed,
    ToolRetry,
)
from tests.contract.runtime import HELLO, Host, Setup, agent, echo, write

SOON = RunOptions(budget=Budget(seconds=0.2))
LIMIT_S = 5.0


class GoneAstray(ToolFailed):
    """An error of an application's own."""

    code = "gone_astray"

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__("find", f"went astray at {where}")


def _spent() -> ModelError:
    error = ModelTimeout("m", 1.5)
    error.spent = (Spent("m", Usage(3, 4), told=False, tier="flex"),)
    return error


ERRORS: dict[str, Callable[[], BatutaError]] = {
    "ConfigError": lambda: ConfigError("x is not set", "Set x."),
    "InvalidInput": lambda: InvalidInput("too long", "Send less."),
    "Conflict": lambda: Conflict("the session"),
    "LimitReached": lambda: LimitReached("runs", limit=3, retry_after_s=1.5),
    "ModelTimeout": _spent,
    "ModelRateLimited": lambda: ModelRateLimited("m", 2.5),
    "ModelUnavailable": lambda: ModelUnavailable("m", "down", retryable=False),
    "ModelCut": lambda: ModelCut("m", heard=True),
    "ModelReplyInvalid": lambda: ModelReplyInvalid("m", "no JSON"),
    "ModelAuthFailed": lambda: ModelAuthFailed("m", "unknown key", variable="KEY"),
    "ModelNotFound": lambda: ModelNotFound("m", "n"),
    "ToolRetry": lambda: ToolRetry("t", "mend it", ("a", "b")),
    "BudgetExceeded": lambda: BudgetExceeded(
        "cost_usd", limit=float("inf"), used=None, whose="someone"
    ),
    "DeadlineExceeded": lambda: DeadlineExceeded("x", 0.5),
    "RuntimeFailure": lambda: RuntimeFailure("a", "stopped"),
    "AgentUnreachable": lambda: AgentUnreachable("a", "gone"),
    "InboxFull": lambda: InboxFull("a", 7),
    "MembersFailed": lambda: MembersFailed("a", "too few", (("b", "no"), ("c", "no"))),
    "SessionError": lambda: SessionError("s1"),
    "RecordNotFound": lambda: RecordNotFound("r1"),
    "AccessDenied": lambda: AccessDenied("ana", "do that"),
    "StoreBusy": lambda: StoreBusy("the file", 2.0),
    "GoneAstray": lambda: GoneAstray("sea"),
}


@agent("raises")
async def raises(message: Message, run: Run) -> Message:
    error = ERRORS[message.text]()
    raise error from KeyError("the cause")


@agent("asks")
async def asks(message: Message, run: Run) -> Message:
    return Message.assistant((await run.ask([message])).text)


@agent("uses")
async def uses(message: Message, run: Run) -> Message:
    return Message.assistant(str(await run.use(write, {"text": message.text})))


@agent("passes")
async def passes(message: Message, run: Run) -> Message:
    name, _, text = message.text.partition(" ")
    return await run.call(name, Message.user(text))


class Watched:
    """An agent that waits for ever, and tells when it began and when it was cancelled."""

    def __init__(self, count: int = 1) -> None:
        self.begun, self.cancelled = asyncio.Event(), asyncio.Event()
        self._waited_for, self._at_work = count, 0

    @property
    def agent(self) -> FunctionAgent:
        return FunctionAgent(name="watched", answer=self._wait)

    async def _wait(self, message: Message, run: Run) -> Message:
        self._at_work += 1
        if self._at_work == self._waited_for:
            self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self._at_work -= 1
            if not self._at_work:
                self.cancelled.set()
            raise
        return message


@agent("twice")
async def twice(message: Message, run: Run) -> Message:
    await run.together(run.call("watched", message), run.call("watched", message))
    return message


class Slowly:
    """A model that writes in pieces and then never ends."""

    name = "scripted:slow"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        for piece in ("one ", "two"):
            emit(piece)
            await asyncio.sleep(0)
        return ModelReply("one two", usage=Usage(1, 1), model=self.name)


async def down_to(tasks: int) -> None:
    """Wait until no more tasks than so many go on; fail where they never end."""
    async with asyncio.timeout(LIMIT_S):
        while len(asyncio.all_tasks()) > tasks:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)


def _nests(events: Sequence[Event]) -> None:
    """Check that every span begins inside an open one, and ends once, after what is in it."""
    open_spans: list[str] = []
    for place, event in enumerate(events):
        assert event.seq == place
        if event.phase == "end":
            open_spans.remove(event.span)
            assert not [s for s in open_spans if s.startswith(f"{event.span}.")], event
        else:
            assert not event.parent or event.parent in open_spans, event
            if event.phase == "start":
                open_spans.append(event.span)
    assert open_spans == []
    assert list(events) == sorted(events, key=lambda e: e.at_s)


class EndingContract:
    """Tests of one runtime; ``host`` makes it, started, with agents and a model."""

    @pytest.mark.parametrize("name", list(ERRORS))
    async def test_an_error_arrives_as_it_was_raised(self, host: Host, name: str) -> None:
        raised = ERRORS[name]()
        async with host(Setup(agents=(raises, passes))) as runtime:
            near = await runtime.run("raises", Message.user(name))
            far = await runtime.run("passes", Message.user(f"raises {name}"))
        for record in (near, far):
            failure = record.failure
            assert failure is not None
            assert type(failure) is type(raised)
            fields = {k: v for k, v in vars(failure).items() if k != "done"}
            assert fields == vars(raised)
            assert str(failure) == str(raised)
            assert (failure.code, failure.retryable) == (raised.code, raised.retryable)
            assert "the cause" in str(failure.__cause__)
            _nests(record.events)

    @pytest.mark.parametrize(
        ("name", "budget", "fields"),
        [
            ("asks", Budget(model_calls=0), ("model_calls", 0, 0)),
            ("asks", Budget(tokens=5), ("tokens", 5, 0)),
            ("asks", Budget(cost_usd=1e-9), ("cost_usd", 1e-9, 0.0)),
            ("uses", Budget(tool_calls=0), ("tool_calls", 0, 0)),
            ("passes", Budget(depth=1), ("depth", 1, 1)),
        ],
    )
    async def test_every_limit_is_told_alike(
        self, host: Host, name: str, budget: Budget, fields: tuple[str, float, float]
    ) -> None:
        async with host(Setup(agents=(echo, asks, uses, passes))) as runtime:
            record = await runtime.run(name, Message.user("echo hello"), RunOptions(budget=budget))
        failure = record.failure
        assert isinstance(failure, BudgetExceeded)
        assert (failure.kind, failure.limit, failure.used) == fields
        assert failure.whose == name
        assert (record.model_calls, record.tool_calls, record.usage) == (0, 0, Usage())

    async def test_agents_side_by_side_cannot_pass_a_limit_together(self, host: Host) -> None:
        @agent("many")
        async def many(message: Message, run: Run) -> Message:
            work = [run.call("uses", Message.user(str(n))) for n in range(12)]
            made = await run.together(*work, on_error="partial")
            return Message.assistant(str(sum(outcome.ok for outcome in made)))

        options = RunOptions(budget=Budget(tool_calls=5))
        async with host(Setup(agents=(many, uses), limit=20)) as runtime:
            record = await runtime.run("many", HELLO, options)
        assert (record.text, record.tool_calls) == ("5", 5)

    async def test_an_unknown_price_is_warned_of_once_and_leaves_no_cost(self, host: Host) -> None:
        @agent("both")
        async def both(message: Message, run: Run) -> Message:
            await run.call("asks", message)
            return await run.call("asks", message)

        async with host(Setup(agents=(both, asks), prices=PriceTable({}))) as runtime:
            record = await runtime.run("both", HELLO)
            refused = await runtime.run(
                "both", HELLO, RunOptions(budget=Budget(unknown_price="fail"))
            )
            assumed = Budget(unknown_price="assume", assumed_price=Price(1.0, 2.0, "guess"))
            guessed = await runtime.run("both", HELLO, RunOptions(budget=assumed))
        assert record.cost.usd is None
        assert [e.span for e in record.events if e.kind == "warning"] == ["1.1.1.price"]
        assert isinstance(refused.failure, BudgetExceeded)
        assert refused.failure.used is None
        assert guessed.cost.usd == pytest.approx(40e-6)

    async def test_what_was_done_is_told_where_the_run_failed_later(self, host: Host) -> None:
        @agent("writes, then fails")
        async def fails(message: Message, run: Run) -> Message:
            await run.use(write, {"text": "it"})
            raise ModelRefused("m")

        @agent("hears")
        async def hears(message: Message, run: Run) -> Message:
            with pytest.raises(ModelRefused) as heard:
                await run.call(fails.name, message)
            return Message.assistant(heard.value.done)

        async with host(Setup(agents=(fails, hears))) as runtime:
            near = await runtime.run(fails.name, HELLO)
            told = await runtime.call("hears", HELLO)
        assert near.failure is not None
        assert near.failure.done == told.text
        assert told.text.startswith("This is done and need not be done again: write (local wrote")

    async def test_cancelling_reaches_every_agent_and_leaves_nothing_at_work(
        self, host: Host
    ) -> None:
        watched = Watched(2)
        kept: list[RunRecord] = []
        async with host(Setup(agents=(twice, watched.agent, echo))) as runtime:
            at_rest = len(asyncio.all_tasks())
            await runtime.run("twice", HELLO, SOON)
            await _begins_anew(watched)
            await down_to(at_rest)
            options = RunOptions(on_end=kept.append)
            task = asyncio.create_task(runtime.run("twice", HELLO, options))
            await asyncio.wait_for(watched.begun.wait(), LIMIT_S)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(watched.cancelled.wait(), LIMIT_S)
            await down_to(at_rest)
            assert (await runtime.call("echo", HELLO)).text == "hello"
        assert [r.stop_reason for r in kept] == ["cancelled"]
        _nests(kept[0].events)

    async def test_the_deadline_reaches_every_agent_and_leaves_nothing_at_work(
        self, host: Host
    ) -> None:
        watched = Watched(2)
        async with host(Setup(agents=(twice, watched.agent))) as runtime:
            at_rest = len(asyncio.all_tasks())
            record = await runtime.run("twice", HELLO, SOON)
            await asyncio.wait_for(watched.cancelled.wait(), LIMIT_S)
            await down_to(at_rest)
        assert (record.stop_reason, record.reply) == ("deadline", None)
        assert isinstance(record.failure, BudgetExceeded)
        assert (record.failure.kind, record.failure.limit) == ("seconds", 0.2)
        _nests(record.events)

    async def test_a_call_has_a_limit_of_its_own(self, host: Host) -> None:
        watched = Watched()

        @agent("impatient")
        async def impatient(message: Message, run: Run) -> Message:
            try:
                return await run.call("watched", message, timeout_s=0.1)
            except DeadlineExceeded as error:
                return Message.assistant(f"{error.whose} {error.limit_s}")

        async with host(Setup(agents=(impatient, watched.agent))) as runtime:
            record = await runtime.run("impatient", HELLO)
            await asyncio.wait_for(watched.cancelled.wait(), LIMIT_S)
        assert record.text == "watched 0.1"
        _nests(record.events)

    async def test_the_first_failure_cancels_the_others_at_once(self, host: Host) -> None:
        watched = Watched()

        @agent("fails later")
        async def later(message: Message, run: Run) -> Message:
            await watched.begun.wait()
            raise ModelRefused("m")

        @agent("both")
        async def both(message: Message, run: Run) -> Message:
            await run.together(run.call("watched", message), run.call(later.name, message))
            return message

        async with host(Setup(agents=(both, later, watched.agent))) as runtime:
            record = await runtime.run("both", HELLO)
            await asyncio.wait_for(watched.cancelled.wait(), LIMIT_S)
        assert isinstance(record.failure, ModelRefused)
        _nests(record.events)

    async def test_an_agent_is_called_again_where_its_caller_asked_for_it(self, host: Host) -> None:
        tries: list[str] = []

        @agent("flaky")
        async def flaky(message: Message, run: Run) -> Message:
            tries.append(run.path)
            if len(tries) < 3:
                raise AgentUnreachable("flaky", "not yet")
            return Message.assistant("now")

        @agent("asks again")
        async def again(message: Message, run: Run) -> Message:
            return await run.call("flaky", message, retry=Retry(attempts=3, wait_s=0.0))

        async with host(Setup(agents=(flaky, again))) as runtime:
            record = await runtime.run(again.name, HELLO)
        assert (record.text, tries) == ("now", ["1.1"] * 3)
        assert [e.span for e in record.events if e.kind == "retry"] == ["1.1.retry1", "1.1.retry2"]

    async def test_a_handoff_goes_on_with_the_conversation(self, host: Host) -> None:
        said = [Message.user("hi"), Message.assistant("hello"), Message.user("book")]

        @agent("second")
        async def second(message: Message, run: Run) -> Message:
            run.state()["seen"] = [*run.state()["seen"], "second"]
            run.remember(Message.assistant("in second"))
            heard = " ".join(m.text for m in run.history())
            return Message.assistant(heard, {"run": run.job.run_id, "who": run.job.principal.id})

        @agent("first")
        async def first(message: Message, run: Run) -> Message:
            run.state()["seen"] = ["first"]
            run.state().pop("old")
            answer = await run.call("second", message, shares_history=True)
            run.remember(Message.assistant("in first"))
            return answer

        session = Session("s1", "ana", copy.copy(said), {"old": 1, "kept": {"a": [1]}})
        options = RunOptions(principal=Principal("ana"), session=session, history_limit=3)
        async with host(Setup(agents=(first, second))) as runtime:
            record = await runtime.run("first", HELLO, options)
        assert record.text == "hi hello book"
        assert record.reply is not None
        assert record.reply.data == {"run": record.run_id, "who": "ana"}
        assert session.state == {"seen": ["first", "second"], "kept": {"a": [1]}}
        assert [m.text for m in record.steps] == ["in first", "in second"]

    async def test_everybody_has_the_runs_clock_zone_and_session(self, host: Host) -> None:
        @tool
        async def look(context: ToolContext) -> str:
            """Look around."""
            now = context.clock.now().isoformat()
            return f"{now} {context.time_zone} {context.session_id} {context.run_id}"

        @agent("looks")
        async def looks(message: Message, run: Run) -> Message:
            return Message.assistant(await run.use(look, {}))

        clock = FixedClock(dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC))
        options = RunOptions(
            clock=clock, time_zone="Europe/Madrid", session=Session("s1", "local"), run_id="run_7"
        )
        async with host(Setup(agents=(looks, passes))) as runtime:
            record = await runtime.run("passes", Message.user("looks hello"), options)
        assert record.text == "2026-03-01T09:00:00+00:00 Europe/Madrid s1 run_7"

    async def test_text_is_streamed_in_order_to_whoever_listens(self, host: Host) -> None:
        heard: list[str] = []

        def listen(event: Event) -> None:
            if event.kind == "text":
                heard.append(f"{event.span} {(event.data or {})['text']}")

        async with host(Setup(agents=(asks, passes), model=Slowly())) as runtime:
            record = await runtime.run(
                "passes", Message.user("asks hello"), RunOptions(listener=listen)
            )
            assert (await runtime.run("asks", HELLO)).text == "one two"
        assert heard == ["1.1.1 one ", "1.1.1 two"]
        assert record.usage == Usage(1, 1)

    async def test_an_answer_that_is_no_message_is_the_agents_failure(self, host: Host) -> None:
        @agent("odd")
        async def odd(message: Message, run: Run) -> Message:
            return "a text"  # type: ignore[return-value]

        async with host(Setup(agents=(odd,))) as runtime:
            record = await runtime.run("odd", HELLO)
        assert isinstance(record.failure, AgentFailed)
        assert "answered str" in str(record.failure)


async def _begins_anew(watched: Watched) -> None:
    """Wait until the agent is at work nowhere, and forget that it ever was."""
    await asyncio.wait_for(watched.cancelled.wait(), LIMIT_S)
    watched.begun.clear()
    watched.cancelled.clear()
