"""Agents in one process, on asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, cast

from batuta.core.agent import Agent, is_remote
from batuta.core.at_work import at_work
from batuta.core.budget import Account
from batuta.core.cancellation import begun, contained, ended, is_cancelled
from batuta.core.clock import Clock, SystemClock
from batuta.core.effect import CarriedSteps
from batuta.core.ids import new_id
from batuta.core.message import Message
from batuta.core.model import Model, ModelReply, ModelSource
from batuta.core.model_settings import ModelSettings
from batuta.core.one_loop import OneLoop
from batuta.core.people import People, Question
from batuta.core.price import Prices, PriceTable
from batuta.core.principal import WRITE
from batuta.core.record import RunRecord
from batuta.core.redaction import redacted_text
from batuta.core.run import AskOp, CallOp, Handlers, Job, Run, StepOp, UseOp
from batuta.core.runtime import Durability, Observer, OpenRun, RunOptions
from batuta.core.session import Session
from batuta.core.slots import maker_of
from batuta.core.time_limit import TimeLimit
from batuta.core.trace import Trace
from batuta.errors import (
    AgentFailed,
    BatutaError,
    ConfigError,
    LimitReached,
    sole,
)
from batuta.parts.approval import QuestionDesk
from batuta.parts.effects import tell_done
from batuta.runtimes.calls import RuntimeCalls
from batuta.runtimes.local.capacity import Capacity
from batuta.runtimes.local.ending import Ending
from batuta.runtimes.local.invocation import invoked
from batuta.runtimes.local.mail import Mail
from batuta.runtimes.local.permits import Permit, Permits
from batuta.runtimes.local.registry import Registry
from batuta.runtimes.local.stack import stacked
from batuta.runtimes.local.time_limits import timely_call, timely_reply
from batuta.runtimes.local.writes import written

if TYPE_CHECKING:
    from batuta.core.effect import EffectLog

NO_PRICES = PriceTable({})
_DEFAULT = RunOptions()
_NO_STEPS = CarriedSteps()
_job, _call = maker_of(Job), maker_of(CallOp)
_session = maker_of(Session)


def no_models(name: str | None) -> Model:
    """Refuse to pick a model: none was configured.

    Raises:
        ConfigError: Always.
    """
    raise ConfigError(
        f"No model is configured for {name or 'this agent'}",
        "Give the agent a Model object, or the runtime a models function.",
    )


class LocalRuntime(Registry, RuntimeCalls):
    """Hosts agents in this process.

    Args:
        layers: What stands around every ask, use, call and step, outermost first.
        models: Picks a model by name; None asks for the default one. A ``ModelSource`` is closed
            when the runtime stops.
        max_concurrent_calls: Agents at work at the same time, or that and more as a ``Capacity``; a
            nested call never waits for its own caller.
        inbox_size: Most messages that wait for one agent.

    ``effects`` is where each write is noted before it begins; ``settings`` are every model's;
    ``observer`` is told of each run that has ended, ``watched`` has those that are on; None where
    nobody looks.
    """

    def __init__(
        self,
        layers: Sequence[object],
        *,
        models: Callable[[str | None], Model] = no_models,
        prices: Prices = NO_PRICES,
        clock: Clock | None = None,
        max_concurrent_calls: int | Capacity = 10,
        inbox_size: int = 100,
    ) -> None:
        super().__init__()
        self.mail = Mail(self, inbox_size)
        self._models = models
        self._source = models if isinstance(models, ModelSource) else None
        self._prices = prices
        self.clock: Clock = clock or SystemClock()
        self.effects: EffectLog | None = None
        self.settings: ModelSettings | None = None
        self.observer: Observer | None = None
        self.watched: set[OpenRun] | None = None
        self.desk = QuestionDesk()
        self.people: People = self.desk
        if isinstance(max_concurrent_calls, int):
            max_concurrent_calls = Capacity(agents=max_concurrent_calls)
        self.capacity = max_concurrent_calls
        self._permits = Permits(self.capacity.agents, self.capacity.caller_share)
        self._loop = OneLoop("This runtime")
        self._layers, self._innermost = layers, Handlers(_ask, _use, self._execute, _step)
        self._handlers = stacked(layers, self._innermost)

    @property
    def durability(self) -> Durability | None:
        """None: a run ends with its process."""
        return None

    @property
    def working(self) -> int:
        """How many agents are at work."""
        return self._permits.places.taken

    async def stop(self) -> None:
        """Stop the agents, then release what the models hold."""
        try:
            await super().stop()
        finally:
            if self._source is not None:
                await self._source.aclose()

    def unregister(self, name: str) -> None:
        """Let an agent go, with its inbox.

        Raises:
            AgentNotFound: There is none of that name.
        """
        super().unregister(name)
        self.mail.forget(name)

    async def answer(self, run_id: str, text: str, person: str = "") -> None:
        """Answer the oldest question that a run puts to a person.

        Args:
            person: Who answers; empty takes a question to anybody.

        Raises:
            InvalidInput: The run waits for nobody, or not for this one.
        """
        self.desk.answer(run_id, Message.user(text), person)

    async def questions(self) -> tuple[Question, ...]:
        """List what runs wait for people to say, oldest first."""
        return self.desk.questions()

    async def run(
        self, agent: Agent | str, message: Message, options: RunOptions | None = None
    ) -> RunRecord:
        """Run an agent and give the whole record; a failed run is a record with an error.

        It begins when it may work: waiting for that takes nothing of the run's own time.

        Raises:
            ConfigError: The runtime is at work on another event loop.
        """
        if self._loop.entered():  # what waited there is gone with it
            self._permits = Permits(self.capacity.agents, self.capacity.caller_share)
        options = options or _DEFAULT
        permit = self._permits.at_once(options.principal.id)
        if permit is None:
            try:
                permit = await self._permits.enter(options.principal.id, options.wait_s)
            except LimitReached as error:
                return self._ending(agent, message, options).failed(error)
        try:
            ending = self._ending(agent, message, options, permit=permit)
            job, op = ending.job, ending.op
            if options.listener is not None:
                ids = {"run_id": job.run_id, "session_id": job.session.id}
                job.trace.run("start", op.name, ids)
            job.limit = TimeLimit(options.budget.seconds)
            try:
                reply = await job.limit.kept(self._handlers.call(op))
            except TimeoutError:
                return ending.failed(job.account.out_of_time(job.trace.elapsed_s()))
            except BatutaError as error:
                return ending.failed(error)
            except asyncio.CancelledError:
                ending.cut()
                raise
            return ending.close("length" if reply.metadata.get("cut") else "done", reply)
        finally:
            self._permits.release(permit)

    def job(self, **facts: Any) -> Job:
        """Make what the frames of a run share, with this runtime's models, prices and layers.

        Args:
            facts: As ``Job`` takes them, but for these and the threads, and what ``steps`` came.
        """
        nearer = facts.pop("settings", None)
        steps: CarriedSteps = facts.pop("steps", _NO_STEPS)
        handlers, effects = self._handlers, self.effects
        if effects is not None and (steps.noted or steps.earlier):
            handlers, effects = self._noting(effects, steps)
        return _job(
            settings=self.settings if nearer is None else nearer.over(self.settings),
            prices=self._prices,
            models=self._models,
            handlers=handlers,
            threads=self.capacity.threads,
            effects=effects,
            **facts,
        )

    async def work(self, message: Message, frame: Run, caller: Permit | None = None) -> Message:
        """Let a frame's agent work here, under the limit; its own exceptions end here.

        Args:
            caller: The right that whoever calls it works by here; None where nobody does.

        Raises:
            AgentFailed: It raised something of its own.
        """
        whose = frame.job.principal.id
        agent: Any = frame.agent
        permit = self._permits.at_once(whose, caller)
        if permit is None:
            permit = await self._permits.acquire(whose, caller)
        frame.permit = permit
        before = at_work.set(frame)
        try:
            work = agent.execute(message, frame)
            task: asyncio.Task[Any] = begun(work)
            answer = task.result() if task.done() else await ended(task, frame.job, work)
            return answer if isinstance(answer, Message) else _refused(frame, answer)
        except BaseException as error:
            failure = _failure_of(frame, error)
            raise failure from failure.__cause__
        finally:
            frame.ended = True
            at_work.reset(before)
            self._permits.release(permit)

    def _ending(
        self,
        agent: Agent | str,
        message: Message,
        options: RunOptions,
        *,
        permit: Permit | None = None,
    ) -> Ending:
        """Open a run: its time and its trace begin here.

        Args:
            permit: What its agent works by; None where it will not.
        """
        name = agent if isinstance(agent, str) else agent.name
        job = self._job(name, message, options)
        if options.traceparent:
            job.trace.context = options.traceparent
        frame = Run(job, None, "", depth=0, shares=True)
        frame.permit = permit
        op = _call(frame, name, "1", "user", agent, message, shares_history=True)
        ending = Ending(job, op, options)
        if self.observer is not None:
            ending.observer = self.observer
        if self.watched is not None:
            ending.watched = self.watched
            self.watched.add(ending)
        return ending

    def _job(self, name: str, question: Message, options: RunOptions) -> Job:
        run_id = options.run_id or new_id("run")
        clock = options.clock or self.clock
        seconds = options.budget.seconds
        handlers, effects = self._handlers, self.effects
        if effects is not None and options.idempotency_prefix:
            steps = CarriedSteps(noted="{}", earlier=options.earlier_steps)
            handlers, effects = self._noting(effects, steps)
        return _job(
            run_id=run_id,
            principal=options.principal,
            session=options.session or _session("", options.principal.id),
            account=Account(options.budget, name),
            trace=Trace(clock.monotonic, options.listener, streams=options.streams),
            clock=clock,
            hooks=options.hooks,
            retry=options.retry,
            time_zone=options.time_zone,
            history_limit=options.history_limit,
            idempotency_prefix=options.idempotency_prefix or run_id,
            deadline=None if seconds is None else clock.monotonic() + seconds,
            question=question,
            people=self.people,
            settings=options.settings,
            prices=self._prices,
            models=self._models,
            handlers=handlers,
            threads=self.capacity.threads,
            effects=effects,
        )

    def _noting(self, log: EffectLog, steps: CarriedSteps) -> tuple[Handlers, EffectLog]:
        """Make a run's handlers that note what it does, and the log that they note it in."""
        from batuta.runtimes.local.noted_steps import NotedSteps

        noted = NotedSteps(log, steps, self.find)
        return stacked(self._layers, noted.around(self._innermost)), noted

    def _execute(self, op: CallOp) -> Coroutine[Any, Any, Message]:
        """Let an agent work in a frame of its own."""
        agent = self._callable.get(op.agent) if isinstance(op.agent, str) else op.agent
        if agent is None:
            return self._once_ready(op)
        parent = op.run
        frame = Run(parent.job, agent, op.span, depth=parent.depth + 1, shares=op.shares_history)
        caller: Any = parent.permit
        work = (self._elsewhere if is_remote(agent) else self.work)(op.message, frame, caller)
        retry = op.retry
        return work if retry is None or retry.timeout_s is None else timely_call(op, work)

    async def _once_ready(self, op: CallOp) -> Message:
        """Let an agent work that must be asked first whether it can."""
        name = cast("str", op.agent)
        op.agent = await self.admitted(name, op.run.job.clock)
        try:
            return await self._execute(op)
        finally:
            op.agent = name  # another try asks again

    async def _elsewhere(self, message: Message, frame: Run, caller: Permit | None) -> Message:
        """Wait for a frame's agent that works elsewhere; its own exceptions end here."""
        agent = cast("Agent", frame.agent)
        try:
            with self._permits.elsewhere(caller):
                work = agent.execute(message, frame)
                answer: Any = await ended(begun(work), frame.job, work)
            return answer if isinstance(answer, Message) else _refused(frame, answer)
        except BaseException as error:
            failure = _failure_of(frame, error)
            raise failure from failure.__cause__
        finally:
            frame.ended = True


def _refused(frame: Run, answer: object) -> NoReturn:
    raise _failed(frame, f"answered {type(answer).__name__}, not a Message")


def _failure_of(frame: Run, error: BaseException) -> BaseException:
    """Give what an agent's caller hears of an error: an agent's own exceptions end here."""
    error = sole(error)
    if isinstance(error, BatutaError):
        tell_done(error, frame.job.trace.inside(frame.path), frame.path)
        return error
    if isinstance(error, asyncio.CancelledError):
        if is_cancelled():
            return error
        failure = _failed(frame, "was cancelled by its own doing")
    elif isinstance(error, Exception):
        failure = _failed(frame, redacted_text(error))
    else:
        return error
    failure.__cause__ = error
    return failure


def _failed(frame: Run, why: str) -> AgentFailed:
    error = AgentFailed(cast("Agent", frame.agent).name, why)
    tell_done(error, frame.job.trace.inside(frame.path), frame.path)
    return error


def _ask(op: AskOp) -> Coroutine[Any, Any, ModelReply]:
    work = op.model.reply(op.request, op.emit)  # no frame of its own is kept while a model works
    retry = op.retry
    return work if retry is None or retry.timeout_s is None else timely_reply(op, work)


def _use(op: UseOp) -> Coroutine[Any, Any, Any]:
    return written(op) if op.tool.effect == WRITE else invoked(op)


async def _step(op: StepOp) -> Any:
    return await contained(op.work())
