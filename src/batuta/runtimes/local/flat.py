"""The usual layers as one path: what they do one inside the other, done one after the other here.

Each rule is the layers' own function. What is saved is what stands between them: a coroutine, a
call and a kept frame for each layer of each thing that an agent does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batuta.core.run import Handlers
from batuta.errors import BatutaError
from batuta.runtimes.local.layers import (
    BudgetLayer,
    DeadlineLayer,
    PolicyLayer,
    RetryLayer,
    TraceLayer,
)
from batuta.runtimes.local.layers.budget import (
    reserve,
    reserve_here,
    settle,
    settle_failure,
)
from batuta.runtimes.local.layers.deadline import check_time, limited
from batuta.runtimes.local.layers.policy import ask_hooks, permit, tell_hooks
from batuta.runtimes.local.layers.retry import pause_s
from batuta.runtimes.local.layers.trace import (
    begin,
    begin_ask,
    begin_call,
    begin_use,
    end_ask,
    end_call,
    end_use,
    fail,
    fail_ask,
    fail_use,
)

if TYPE_CHECKING:
    from batuta.core.layers import Doing
    from batuta.core.message import Message
    from batuta.core.model import ModelReply
    from batuta.core.run import AskOp, CallOp, StepOp, UseOp

STANDS_FOR = (DeadlineLayer, TraceLayer, PolicyLayer, RetryLayer, BudgetLayer)
"""The layers that it does the work of, outermost first."""


class FlatPath:
    """Deadline, trace, policy, retry and budget around the real calls, in a row.

    Args:
        real: What stands inside of them.
    """

    __slots__ = ("_ask", "_call_agent", "_step", "_use")

    def __init__(self, real: Handlers) -> None:
        self._ask, self._use, self._call_agent, self._step = real

    def handlers(self) -> Handlers:
        """Give how each kind of thing is done on it."""
        return Handlers(self.ask, self.use, self.call, self.step)

    async def ask(self, op: AskOp) -> ModelReply:
        """Ask a model."""
        check_time(op)
        where = begin_ask(op)
        job, attempt = op.run.job, 1
        try:
            while True:
                try:
                    if job.account.borrowed:
                        await reserve(op)
                    else:
                        reserve_here(op)
                    reply = await self._ask(op)
                    break
                except BatutaError as error:
                    settle_failure(op, error)
                    wait_s = pause_s(op, attempt, error)
                    if wait_s is None:
                        raise
                except BaseException as error:
                    settle_failure(op, error)
                    raise
                await job.clock.sleep(wait_s)
                attempt += 1
            settle(op, reply)
        except BaseException as error:
            fail_ask(op, where, error)
            raise
        end_ask(op, where, reply)
        return reply

    async def use(self, op: UseOp) -> Any:
        """Use a tool."""
        check_time(op)
        where = begin_use(op)
        job, attempt = op.run.job, 1
        try:
            permit(op)
            if job.hooks:
                await ask_hooks(op)
            while True:
                try:
                    if job.account.borrowed:
                        await job.account.take_tool()
                    else:
                        job.account.reserve_tool()
                    result = await self._use(op)
                    break
                except BatutaError as error:
                    wait_s = pause_s(op, attempt, error)
                    if wait_s is None:
                        raise
                await job.clock.sleep(wait_s)
                attempt += 1
            if job.hooks:
                await tell_hooks(op, result)
        except BaseException as error:
            fail_use(op, where, error)
            raise
        end_use(op, where, result)
        return result

    def call(self, op: CallOp) -> Doing[Message]:
        """Call an agent, leaving it alone where it ignores its limit."""
        return self._call(op) if op.timeout_s is None else limited(op, op.timeout_s, self._call)

    async def _call(self, op: CallOp) -> Message:
        check_time(op)
        where = begin_call(op)
        attempt = 1
        try:
            while True:
                try:
                    op.run.job.account.check_depth(op.run.depth + 1)
                    answer = await self._call_agent(op)
                    break
                except BatutaError as error:
                    wait_s = pause_s(op, attempt, error)
                    if wait_s is None:
                        raise
                await op.run.job.clock.sleep(wait_s)
                attempt += 1
        except BaseException as error:
            fail(op, where, error)
            raise
        end_call(op, where, answer)
        return answer

    async def step(self, op: StepOp) -> Any:
        """Do a step of plain code."""
        check_time(op)
        where = begin(op)
        try:
            value = await self._step(op)
        except BaseException as error:
            fail(op, where, error)
            raise
        op.run.job.trace.add("step", "end", where)
        return value
