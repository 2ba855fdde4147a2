"""The function's side of one call: an agent works here in a frame of the caller's run."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from batuta.core.cancellation import GRACE_S
from batuta.core.redaction import redacted_text
from batuta.errors import BatutaError, DeadlineExceeded, RuntimeFailure, StoreBusy
from batuta.remote.aws_lambda.account import LedgerAccount
from batuta.remote.aws_lambda.functions import LARGEST
from batuta.remote.aws_lambda.wire import Asked, Told
from batuta.remote.frame import frame_of, job_of
from batuta.remote.result import Brought, changes
from batuta.remote.signing import shared_key

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
        hooks: Asked before every tool call here. Functions of a program do not travel: the
            caller's hooks are not asked about what is done here.
        look_s: How often it looks whether anybody still waits for the answer.
    """

    runtime: Callable[[str], Awaitable[AgentHost]]
    ledger: Ledger
    secret: Secret
    hooks: Sequence[Hook] = ()
    look_s: float = 1.0

    async def answer(self, event: Mapping[str, Any], seconds: float | None = None) -> Any:
        """Answer one event; an agent's failure of any kind is an answer too.

        Args:
            seconds: What the function has left, less its margin; None without an end.
        """
        try:
            asked = Asked.of(event, shared_key(self.secret))
            runtime = await self.runtime(asked.errand.agent)
            runtime.find(asked.errand.agent)
        except BatutaError as error:
            return Told(refused=error).answer()
        return await _Work(self, asked, runtime).answer(seconds)


class _Work:
    """One call."""

    def __init__(self, house: Working, asked: Asked, runtime: AgentHost) -> None:
        self._house, self._runtime = house, runtime
        self._errand, self._call = asked.errand, asked.call
        errand = asked.errand
        self._heard: list[Event] = []
        self._account = LedgerAccount(
            errand.limits, errand.whose, ledger=house.ledger, run_id=errand.run_id
        )
        self._session = errand.session()
        # Read once more, since what the agent sees it may change, however deep.
        self._before: dict[str, Any] = json.loads(json.dumps(self._session.state))
        self._job = job_of(
            errand, runtime, session=self._session, account=self._account,
            heard=self._heard.append, hooks=house.hooks,
        )  # fmt: skip

    async def answer(self, seconds: float | None) -> Any:
        """Let the agent work, and tell what came of it."""
        reply: Message | None = None
        failure: BatutaError | None = None
        try:
            reply = await self._worked(seconds)
        except BatutaError as error:
            failure = error
        finally:
            self._job.ended = self._job.ended or "done"
            self._job.trace.close()
        await self._settle()
        return self._written(reply, failure)

    async def _worked(self, seconds: float | None) -> Message:
        """Have the answer made, unless there is no time or nobody waits for it any more.

        Raises:
            BudgetExceeded: The run's time is up.
            DeadlineExceeded: The function's is, or the caller gave up.
        """
        errand = self._errand
        agent = self._runtime.find(errand.agent)
        frame = frame_of(errand, self._job, agent)
        limits = [each for each in (errand.seconds_left, seconds) if each is not None]
        work = asyncio.create_task(self._runtime.work(errand.message, frame))
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
            raise DeadlineExceeded(f"{errand.agent} (its caller gave up)", 0.0)
        if seconds is not None and seconds == min(limits):
            raise DeadlineExceeded(f"The function of agent {errand.agent}", seconds)
        raise self._account.out_of_time(self._job.trace.elapsed_s())

    async def _given_up(self) -> None:
        """Wait until the caller gives the call up."""
        clock = self._runtime.clock
        while True:
            await clock.sleep(self._house.look_s)
            try:
                if await self._house.ledger.is_given_up(self._errand.run_id, self._call):
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
        account = self._account
        brought = Brought(
            reply=reply,
            error=failure,
            usage=account.usage,
            cost=account.cost,
            model_calls=account.counted[0],
            tool_calls=account.counted[1],
            said=tuple(self._job.said),
            stand_in=self._job.stand_in,
        )
        whole = Told(brought=brought, events=tuple(self._heard), seen=account.seen)
        try:
            state = json.loads(json.dumps(self._session.state))
            made = tuple(changes(self._before, state))
            answer = replace(whole, brought=replace(brought, state=made)).answer()
        except (TypeError, ValueError) as error:
            return self._unsendable(
                whole, f"cannot be sent: {error}. Only JSON-able data crosses processes"
            )
        size = len(json.dumps(answer))
        if size > LARGEST - _ENVELOPE:
            what = f"has {size:,} bytes with all that happened, and Lambda gives back {LARGEST:,}"
            return self._unsendable(replace(whole, events=()), what)
        return answer

    def _unsendable(self, whole: Told, why: str) -> Any:
        error = RuntimeFailure(self._errand.agent, f"its answer {why}.")
        brought = replace(whole.brought, reply=None, error=error, said=())
        return replace(whole, brought=brought).answer()
