"""An agent in a function on Lambda, as an Agent here."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from batuta.aws.errors import raised_by_aws
from batuta.core.ids import new_id
from batuta.core.model import Usage
from batuta.core.price import Cost
from batuta.core.redaction import Secret, redacted_text
from batuta.core.slots import new_set
from batuta.errors import BatutaError, RuntimeFailure
from batuta.remote.aws_lambda.account import LedgerAccount
from batuta.remote.aws_lambda.failures import call_failed, function_failed, odd_answer
from batuta.remote.aws_lambda.functions import LARGEST, Function, Functions
from batuta.remote.aws_lambda.wire import LambdaReply, LambdaRequest
from batuta.remote.call import RemoteCall
from batuta.remote.signing import shared_key

if TYPE_CHECKING:
    from batuta.core.ledger import Ledger
    from batuta.core.message import Message
    from batuta.core.run import Job, Run
    from batuta.core.trace import Decider, Event
    from batuta.remote.result import RemoteResult

_LOG = logging.getLogger(__name__)
_MARGIN_S, _MARGIN = 0.5, 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class LambdaAccess:
    """What callers and functions must agree on.

    Args:
        ledger: Where a run's budget is counted; the same for all.
        secret: Signs who is asking; the same in every function, of 32 bytes or more.
    """

    functions: Functions
    ledger: Ledger
    secret: Secret = field(default_factory=Secret)
    _aside: set[asyncio.Task[None]] = field(
        default_factory=new_set, init=False, repr=False, compare=False
    )

    def give_up(self, function: Function, run_id: str, call_id: str) -> None:
        """Let a function know, aside, that nobody waits for a call any more."""
        task = asyncio.create_task(self._say_given_up(function, run_id, call_id))
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)

    async def aclose(self) -> None:
        """Close the connections, once every function that was given up could know that."""
        if self._aside:
            await asyncio.wait(self._aside)
        await self.functions.aclose()
        await self.ledger.aclose()

    async def _say_given_up(self, function: Function, run_id: str, call_id: str) -> None:
        try:
            await self.ledger.give_up(run_id, call_id)
        except BatutaError as error:  # it works on to its deadline then
            _LOG.warning("Function %s works on, unasked: %s", function, redacted_text(error))


class LambdaAgent:
    """An agent that lives in a function; an Agent like any other.

    What happens there is told with its answer, not before.

    Args:
        function: As ``name``, or ``name:qualifier`` with a version or an alias.
    """

    remote = True

    def __init__(
        self,
        name: str,
        function: str,
        access: LambdaAccess,
        *,
        role: str = "",
        decides: Decider = "agent",
    ) -> None:
        self.name = name
        self.function = Function(*function.split(":", 1))
        self.role = role or f"agent in function {function}"
        self.decides: Decider = decides
        self._access = access

    def __repr__(self) -> str:
        return f"LambdaAgent({self.name!r}, '{self.function}')"

    async def execute(self, message: Message, run: Run) -> Message:
        """Fetch the answer, or raise the agent's own error."""
        return (await self.fetch(message, run)).answer()

    async def fetch(self, message: Message, run: Run) -> RemoteResult:
        """Have the message answered, and put what happened there into the run.

        The agent's own error is in what it gives, not raised.

        Raises:
            AgentUnreachable: The function was not invoked, or died; retryable.
            DeadlineExceeded: Lambda ended the function, as it took too long.
            AgentNotFound: The function serves no agent of that name.
            AccessDenied: The function does not trust who is asking.
            RuntimeFailure: There is no such function or no right to it, the message is too large,
                or the other side is of another version.
            ConfigError: No secret is set.
        """
        key = shared_key(self._access.secret)
        account = LedgerAccount.of(run.job, self._access.ledger)
        await account.settle()
        request = LambdaRequest(call=self._call(message, run), call_id=new_id("call"))
        reply = await self._asked(request, self._event(request, key), run)
        if reply.refused is not None:
            refused = reply.refused
            refused.args = (
                f"{refused.args[0]} (agent {self.name} in function {self.function})",
                *refused.args[1:],
            )
            raise refused
        return self._taken(reply, run, account)

    async def start(self) -> None:
        """Make the client now, so that no run has to wait for it; asks AWS nothing."""
        await self._access.functions.connect()

    async def stop(self) -> None:
        """Close the connections."""
        await self._access.aclose()

    def _call(self, message: Message, run: Run) -> RemoteCall:
        """Gather what travels, with a little less time than there is, for the way back."""
        call = RemoteCall.of(run, self.name, message)
        left = call.seconds_left
        if left is None:
            return call
        return replace(call, seconds_left=left - min(_MARGIN_S, left * _MARGIN))

    def _event(self, request: LambdaRequest, key: str) -> bytes:
        try:
            payload = request.event(key)
        except (TypeError, ValueError) as error:
            raise RuntimeFailure(
                self.name,
                "its message, or the conversation's state, cannot be sent to function "
                f"{self.function}: {error}. Only JSON-able data crosses processes.",
            ) from error
        if len(payload) > LARGEST:
            raise RuntimeFailure(
                self.name,
                f"its message has {len(payload):,} bytes with all that travels with it, and "
                f"function {self.function} takes {LARGEST:,}. Send less.",
            )
        return payload

    async def _asked(self, request: LambdaRequest, payload: bytes, run: Run) -> LambdaReply:
        try:
            answer = await self._access.functions.invoke(self.function, payload)
        except asyncio.CancelledError:
            self._lost(run.job, "was given up")
            self._access.give_up(self.function, run.job.run_id, request.call_id)
            raise
        except raised_by_aws() as error:
            failure = call_failed(self.name, self.function, error)
            if failure.begun:
                self._lost(run.job, "did not answer")
            raise failure.error from error
        if answer.error:
            self._lost(run.job, "died or failed")
            raise function_failed(self.name, self.function, answer)
        try:
            return LambdaReply.read(answer.body)
        except ValueError as error:
            raise odd_answer(self.name, self.function, answer.body) from error

    def _taken(self, reply: LambdaReply, run: Run, account: LedgerAccount) -> RemoteResult:
        trace = run.job.trace
        begun: dict[str, Event] = {}
        for event in reply.events:
            if event.kind in ("text", "reasoning"):
                piece = str((event.data or {}).get("text", ""))
                thinks = event.kind == "reasoning"
                trace.text(event.span, event.parent, piece, thoughts=thinks)
                continue
            trace.take(event, late=True)
            if event.phase == "start":
                begun[event.span] = event
            elif event.phase == "end":
                begun.pop(event.span, None)
        for event in reversed(begun.values()):  # what ignored that its time was up
            where = (event.span, event.parent, event.name, event.by)
            trace.add(event.kind, "end", where, error="it was left at work")
        kept = tuple([event for event in reply.events if event.kind not in ("text", "reasoning")])
        brought = replace(reply.brought, events=kept)
        calls = brought.model_calls, brought.tool_calls
        costs = [event.cost for event in kept if event.cost is not None]
        if brought.cost.usd is None and all(cost.usd is not None for cost in costs):
            costs.append(Cost(None, 0.0, brought.cost.reason))
        account.brought(brought.usage, costs, calls=calls, seen=reply.seen)
        brought.settle(run)
        return brought

    def _lost(self, job: Job, how: str) -> None:
        """Note that the run's cost is known no more: what the function used, nobody told."""
        job.account.spent.add(Usage(), Cost(None, 0.0, f"agent {self.name} on Lambda {how}"))
