"""What stands around every ask, use, call and step, one concern each.

``wiring.LAYERS`` says in which order. A layer has a method for each kind that it minds and sees
nothing of the others; see ``core.ops.wrap``. A method that only does something beforehand gives the
next one's coroutine back as it is: no frame of its own is kept while the real call waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from math import inf
from typing import TYPE_CHECKING, Any

from batuta.core.model import ModelReply, Spent
from batuta.core.ops import Ask, Call, Doing, Op, OpT, Proceed, Retry, Step, Use
from batuta.core.principal import WRITE
from batuta.core.redaction import redacted_text
from batuta.core.tool import result_data
from batuta.errors import (
    BatutaError,
    DeadlineExceeded,
    ModelError,
    ModelRateLimited,
    ToolRetry,
)
from batuta.parts.effects import tell_done
from batuta.runtimes.local.spending import give_back, reserve, settle

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.trace import Where

_TEXT_IN_TRACE = 2_000


class Deadline:
    """Nothing starts after the run has ended or its time is up; a call can have its own limit."""

    def ask(self, op: Ask, proceed: Proceed[Ask]) -> Doing[ModelReply]:
        """Check, then ask."""
        _still_on(op)
        return proceed(op)

    def use(self, op: Use, proceed: Proceed[Use]) -> Doing[Any]:
        """Check, then use."""
        _still_on(op)
        return proceed(op)

    def step(self, op: Step, proceed: Proceed[Step]) -> Doing[Any]:
        """Check, then do."""
        _still_on(op)
        return proceed(op)

    def call(self, op: Call, proceed: Proceed[Call]) -> Doing[Message]:
        """Check, then call, leaving an agent alone that ignores its limit."""
        _still_on(op)
        return proceed(op) if op.timeout_s is None else _limited(op, op.timeout_s, proceed)


async def _limited(op: Call, timeout_s: float, proceed: Proceed[Call]) -> Message:
    try:
        async with asyncio.timeout(timeout_s):
            return await proceed(op)
    except TimeoutError as error:
        late = DeadlineExceeded(op.name, timeout_s)
        tell_done(late, op.run.job.trace.events, op.span)
        raise late from error


def _still_on(op: Op) -> None:
    job = op.run.job
    if job.ended:
        raise DeadlineExceeded(f"{op.name} (the run has ended: {job.ended})", 0.0)
    if op.run.ended:
        raise DeadlineExceeded(f"{op.name} (its agent was given up, or has answered)", 0.0)
    if job.deadline is not None and job.clock.monotonic() >= job.deadline:
        raise job.account.out_of_time(job.trace.elapsed_s())


class Tracing:
    """Writes a start and an end event around everything, with who decided it."""

    async def ask(self, op: Ask, proceed: Proceed[Ask]) -> ModelReply:
        """Trace a model call; tokens and money stand on its end alone."""
        job = op.run.job
        trace = job.trace
        where = (op.span, op.run.path, op.name, op.by)
        trace.add("model", "start", where)
        try:
            reply: ModelReply = await proceed(op)
        except BaseException as error:
            settle(op, getattr(error, "spent", ()))
            trace.add("model", "end", where, usage=op.usage, cost=op.cost, error=_said(error))
            raise
        settle(op, reply.earlier, Spent(reply.model, reply.usage, reply.usage_told))
        if reply.stand_in:
            job.stand_in = True
        _note_inner(op, reply)
        used = reply.usage if op.usage is None else op.usage
        trace.add("model", "end", where, data=_reply_data(reply), usage=used, cost=op.cost)
        return reply

    async def use(self, op: Use, proceed: Proceed[Use]) -> Any:
        """Trace a tool call with its arguments and result."""
        trace = op.run.job.trace
        where = (op.span, op.run.path, op.name, op.by)
        trace.add(
            "tool", "start", where,
            data={"arguments": result_data(op.arguments), "effect": op.tool.effect},
        )  # fmt: skip
        try:
            result = await proceed(op)
        except BaseException as error:
            trace.add("tool", "end", where, error=_said(error))
            raise
        trace.add("tool", "end", where, data={"result": result_data(result)})
        return result

    async def call(self, op: Call, proceed: Proceed[Call]) -> Message:
        """Trace a call to an agent."""
        trace = op.run.job.trace
        where = (op.span, op.run.path, op.name, op.by)
        trace.add("agent", "start", where, data={"text": op.message.text[:_TEXT_IN_TRACE]})
        try:
            answer: Message = await proceed(op)
        except BaseException as error:
            trace.add("agent", "end", where, error=_said(error))
            raise
        trace.add("agent", "end", where, data={"text": answer.text[:_TEXT_IN_TRACE]})
        return answer

    async def step(self, op: Step, proceed: Proceed[Step]) -> Any:
        """Trace a step of plain code."""
        trace = op.run.job.trace
        where = (op.span, op.run.path, op.name, op.by)
        trace.add("step", "start", where)
        try:
            value = await proceed(op)
        except BaseException as error:
            trace.add("step", "end", where, error=_said(error))
            raise
        trace.add("step", "end", where)
        return value


def _note_inner(op: Ask, reply: ModelReply) -> None:
    """Write down what a managed agent did by itself, as AWS told it, inside its call."""
    trace = op.run.job.trace
    for number, inner in enumerate(reply.inner, start=1):
        where: Where = (f"{op.span}.{number}", op.span, inner.name, "aws")
        if inner.kind == "decision":
            trace.add("decision", "point", where, data=inner.data)
            continue
        done = dict(inner.data)
        result = done.pop("result", None)
        trace.add("tool", "start", where, data=done)
        trace.add("tool", "end", where, data={"result": result})


def _reply_data(reply: ModelReply) -> dict[str, Any]:
    data: dict[str, Any] = {"text": reply.text[:_TEXT_IN_TRACE], "stop": reply.stop_reason}
    if reply.tool_calls:
        data["tools"] = [call.name for call in reply.tool_calls]
    if reply.stand_in:
        data["stand_in"] = True
    return data


def _said(error: BaseException) -> str:
    return redacted_text(error)


class Trying:
    """Tries again after a retryable error, within the run's time and budget.

    A tool is tried again only where it reads. A model's further try is reserved like the first. An
    agent is not called again for its model's error: that was tried to the end inside.
    """

    def ask(self, op: Ask, proceed: Proceed[Ask]) -> Doing[ModelReply]:
        """Ask again after a timeout or a rate limit."""
        if op.retry is None or op.retry.attempts == 1:
            return proceed(op)
        return _again(op, op.retry, proceed, renew=_reserve_anew)

    def use(self, op: Use, proceed: Proceed[Use]) -> Doing[Any]:
        """Use a reading tool again after a retryable failure that is not the arguments' fault."""
        if op.retry is None or op.retry.attempts == 1 or op.tool.effect == WRITE:
            return proceed(op)
        return _again(op, op.retry, proceed, renew=_reserve_tool)

    def call(self, op: Call, proceed: Proceed[Call]) -> Doing[Message]:
        """Call an agent again where the caller asked for it."""
        if op.retry is None or op.retry.attempts == 1:
            return proceed(op)
        return _again(op, op.retry, proceed, renew=_renew_nothing)


async def _reserve_anew(op: Ask, error: BatutaError) -> None:
    if isinstance(error, ModelError):
        settle(op, error.spent)
    op.settled = 0
    give_back(op)
    await reserve(op)


async def _reserve_tool(op: Use, _error: BatutaError) -> None:
    await op.run.job.account.take_tool()


async def _renew_nothing(_op: Call, _error: BatutaError) -> None:
    """Renew nothing: what an agent uses inside is reserved by itself."""


async def _again(
    op: OpT,
    retry: Retry,
    proceed: Proceed[OpT],
    *,
    renew: Callable[[OpT, BatutaError], Awaitable[None]],
) -> Any:
    """Try until it works; the retry event tells listeners which span's text so far is void."""
    job = op.run.job
    for attempt in range(1, retry.attempts + 1):
        try:
            return await proceed(op)
        except BatutaError as error:
            if attempt == retry.attempts or not _may_help(op, error):
                raise
            wait_s = _pause_s(retry, attempt, error, place=f"{job.run_id}|{op.span}")
            left_s = inf if job.deadline is None else job.deadline - job.clock.monotonic()
            if wait_s >= left_s:
                raise
            await renew(op, error)
            job.trace.add(
                "retry", "point", (f"{op.span}.retry{attempt}", op.run.path, op.name, "code"),
                data={"of": op.span, "attempt": attempt + 1, "wait_s": wait_s}, error=_said(error),
            )  # fmt: skip
            await job.clock.sleep(wait_s)
    raise AssertionError("unreachable: the loop returns or raises")


def _may_help(op: Op, error: BatutaError) -> bool:
    tried = isinstance(error, ModelError) and isinstance(op, Call)
    return error.retryable and not tried and not isinstance(error, ToolRetry)


def _pause_s(retry: Retry, attempt: int, error: BatutaError, *, place: str) -> float:
    """Give the pause before the next try; without end where the provider asks for too long a one.

    Args:
        place: The run and the step, of which the chance in it is made.
    """
    asked = error.retry_after_s if isinstance(error, ModelRateLimited) else None
    if asked is not None and asked > retry.most_s:
        return inf
    pause = max(min(retry.most_s, retry.wait_s * 2 ** (attempt - 1)), asked or 0.0)
    if not retry.jitter:
        return pause
    from random import Random

    drawn = Random(f"{place}|{attempt}").random()  # noqa: S311 - no secret
    return pause * (1 + retry.jitter * drawn)
