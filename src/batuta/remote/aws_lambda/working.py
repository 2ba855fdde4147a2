"""The function's side of one call: an agent works here in a frame of the caller's run."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from batuta.core.cancellation import GRACE_S
from batuta.core.redaction import redacted_text
from batuta.errors import BatutaError, DeadlineExceeded, StoreBusy
from batuta.remote.aws_lambda.account import LedgerAccount
from batuta.remote.aws_lambda.functions import LARGEST
from batuta.remote.aws_lambda.wire import LambdaReply, LambdaRequest
from batuta.remote.frame import HostFrame, not_jsonable
from batuta.remote.result import RemoteResult
from batuta.remote.signing import UsedTokens, shared_key

if TYPE_CHECKING:
    from batuta.core.ledger import Ledger
    from batuta.core.message import Message
    from batuta.core.redaction import Secret
    from batuta.core.tool import Hook
    from batuta.core.trace import Event
    from batuta.remote.frame import AgentHost

_LOG = logging.getLogger(__name__)
_ENVELOPE = 65_536


@dataclass(frozen=True, kw_only=True, slots=True)
class Working:
    """Answers the events of callers.

    Args:
        runtime: Gives the runtime that hosts an agent; its models, prices and layers hold here.
        hooks: LambdaRequest before every tool call here. Functions of a program do not travel: the
            caller's hooks are not asked about what is done here.
        look_s: How often it looks whether anybody still waits for the answer.
    """

    runtime: Callable[[str], Awaitable[AgentHost]]
    ledger: Ledger
    secret: Secret
    hooks: Sequence[Hook] = ()
    look_s: float = 1.0
    used: UsedTokens = field(default_factory=UsedTokens, init=False, repr=False)

    async def answer(self, event: Mapping[str, Any], seconds: float | None = None) -> Any:
        """Answer one event; an agent's failure of any kind is an answer too.

        Args:
            seconds: What the function has left, less its margin; None without an end.
        """
        try:
            request = LambdaRequest.of(event, shared_key(self.secret), self.used)
            runtime = await self.runtime(request.call.agent)
            runtime.find(request.call.agent)
        except BatutaError as error:
            return LambdaReply(refused=error).answer()
        return await _Work(self, request, runtime).answer(seconds)


class _Work:
    """One call."""

    def __init__(self, working: Working, request: LambdaRequest, runtime: AgentHost) -> None:
        self._working, self._request = working, request
        call = request.call
        self._heard: list[Event] = []
        self._account = LedgerAccount(
            call.limits, call.whose, ledger=working.ledger, run_id=call.run_id
        )
        self._frame = HostFrame(
            call, runtime, account=self._account, heard=self._heard.append, hooks=working.hooks
        )

    async def answer(self, seconds: float | None) -> Any:
        """Let the agent work, and tell what came of it."""
        reply: Message | None = None
        failure: BatutaError | None = None
        try:
            reply = await self._worked(seconds)
        except BatutaError as error:
            failure = error
        finally:
            self._frame.close()
        await self._settle()
        return self._written(reply, failure)

    async def _worked(self, seconds: float | None) -> Message:
        """Have the answer made, unless there is no time or nobody waits for it any more.

        Raises:
            BudgetExceeded: The run's time is up.
            DeadlineExceeded: The function's is, or the caller gave up.
        """
        call, runtime = self._request.call, self._frame.runtime
        agent = runtime.find(call.agent)
        limits = [each for each in (call.seconds_left, seconds) if each is not None]
        work = asyncio.create_task(self._frame.work(agent))
        looking = asyncio.create_task(self._given_up())
        try:
            await asyncio.wait(
                {work, looking},
                timeout=min(limits, default=None),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if work.done():
                return work.result()
        finally:
            ended = [task for task in (work, looking) if not task.done()]
            for task in ended:
                task.cancel()
            if ended:
                await asyncio.wait(ended, timeout=2 * GRACE_S)
        if looking.done() and not looking.cancelled():
            raise DeadlineExceeded(f"{call.agent} (its caller gave up)", 0.0)
        if seconds is not None and seconds == min(limits):
            raise DeadlineExceeded(f"The function of agent {call.agent}", seconds)
        raise self._account.out_of_time(self._frame.job.trace.elapsed_s())

    async def _given_up(self) -> None:
        """Wait until the caller gives the call up."""
        clock, request = self._frame.runtime.clock, self._request
        while True:
            await clock.sleep(self._working.look_s)
            try:
                if await self._working.ledger.is_given_up(request.call.run_id, request.call_id):
                    return
            except StoreBusy:
                continue

    async def _settle(self) -> None:
        """Tell the ledger what it does not know yet, before the process is put to sleep."""
        try:
            await self._account.settle()
        except BatutaError as error:  # what was held stays held: the limit is reached sooner
            _LOG.warning("The budget's ledger could not be told: %s", redacted_text(error))

    def _written(self, reply: Message | None, failure: BatutaError | None) -> Any:
        try:
            answer = self._reply(self._frame.result(reply, failure)).answer()
        except (TypeError, ValueError) as error:
            return self._unsendable(not_jsonable(error))
        size = len(json.dumps(answer))
        if size > LARGEST - _ENVELOPE:
            self._heard.clear()
            what = f"has {size:,} bytes with all that happened, and Lambda gives back {LARGEST:,}"
            return self._unsendable(what)
        return answer

    def _unsendable(self, why: str) -> Any:
        return self._reply(RemoteResult(error=self._frame.unsendable(why))).answer()

    def _reply(self, result: RemoteResult) -> LambdaReply:
        """Add what was spent and what happened."""
        account = self._account
        spent = replace(
            result,
            usage=account.usage,
            cost=account.cost,
            model_calls=account.counted[0],
            tool_calls=account.counted[1],
            stand_in=self._frame.job.stand_in,
        )
        return LambdaReply(brought=spent, events=tuple(self._heard), seen=account.seen)
