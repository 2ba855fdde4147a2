"""The caller's side of one call: what a host tells goes into the run, what it asks is answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from batuta.core.model import Usage
from batuta.core.price import FREE, Cost
from batuta.core.principal import WRITE
from batuta.core.redaction import redacted_text
from batuta.core.trace import Event, Where
from batuta.errors import BatutaError
from batuta.remote.grpc import wire
from batuta.remote.grpc.v1 import batuta_pb2 as pb
from batuta.remote.result import RemoteResult

if TYPE_CHECKING:
    from batuta.core.budget import Hold
    from batuta.core.run import Run

Send = Callable[[bytes], Awaitable[None]]


class UnknownItemError(Exception):
    """The host sent something that this version does not know."""


class Receiving:
    """Puts what comes of one call into the run, as it comes."""

    def __init__(self, run: Run, send: Send) -> None:
        self._run, self._send = run, send
        self._events: list[Event] = []
        self._usage = Usage()
        self._cost: Cost = FREE
        self._model_calls = 0
        self._tool_calls = 0
        self._holds: dict[int, Hold | None] = {}
        self._open: dict[str, Event] = {}
        self._writes: dict[str, asyncio.Future[None]] = {}

    @property
    def writes(self) -> bool:
        """Whether a tool that writes is at work there."""
        return bool(self._writes)

    async def take(self, item: pb.Item) -> RemoteResult | None:
        """Take the next thing that happened; gives all that was brought where it is the last.

        Raises:
            UnknownItemError: This version does not know what it is.
        """
        kind = item.WhichOneof("kind")
        if kind == "event":
            self._event(wire.event_from(item.event))
        elif kind == "text":
            said, trace = item.text, self._run.job.trace
            trace.text(said.span, said.parent, said.piece, thoughts=said.reasoning)
        elif kind == "reserve_model":
            await self._reserve_model(item.reserve_model)
        elif kind == "reserve_tool":
            await self._reserve_tool(item.reserve_tool.id)
        elif kind == "release":
            self._release(item.release)
        elif kind == "charge":
            self._charge(item.charge)
        elif kind == "done":
            return self._done(item.done)
        else:
            raise UnknownItemError
        return None

    def close(self, error: BaseException | None = None, *, lost: str = "") -> None:
        """Give back what is still held; of a call that broke off, end its spans.

        Args:
            error: What broke it off.
            lost: Why nobody knows what the agent used there since it last told; empty where
                somebody does.
        """
        if lost:
            self._run.job.account.charge(Usage(), Cost(None, 0.0, lost))
        for hold in self._holds.values():
            if hold is not None:
                self._run.job.account.release(hold)
        self._holds.clear()
        if error is not None:
            for event in reversed(self._open.values()):
                where: Where = (event.span, event.parent, event.name, event.by)
                self._run.job.trace.add(event.kind, "end", where, error=redacted_text(error))
        self._open.clear()
        for span in list(self._writes):
            self._written(span)

    def _event(self, event: Event) -> None:
        if event.phase == "start":
            self._open[event.span] = event
            if event.kind == "tool" and (event.data or {}).get("effect") == WRITE:
                self._writing(event.span)
        elif event.phase == "end":
            self._open.pop(event.span, None)
        self._events.append(event)
        self._run.job.trace.take(event)
        if event.phase == "end" and self._writes:
            self._written(event.span)

    def _writing(self, span: str) -> None:
        """Let nobody here who is cut go on before a write there has ended."""
        job = self._run.job
        job.writes = job.writes or set["asyncio.Future[Any]"]()
        self._writes[span] = made = asyncio.get_running_loop().create_future()
        job.writes.add(made)

    def _written(self, span: str) -> None:
        made = self._writes.pop(span, None)
        if made is not None:
            made.set_result(None)
            if self._run.job.writes is not None:
                self._run.job.writes.discard(made)

    async def _reserve_model(self, wish: pb.ReserveModel) -> None:
        price = wire.price_from(wish.price) if wish.HasField("price") else None
        size = (wish.input_tokens, wish.output_tokens)
        try:
            hold = await self._run.job.account.take_model(wish.model, size, price)
        except BatutaError as error:
            await self._grant(pb.Grant(id=wish.id, refused=wire.error_of(error)))
            return
        self._holds[wish.id] = hold
        self._model_calls += 1
        await self._grant(pb.Grant(id=wish.id, hold=wire.hold_of(hold)))

    async def _reserve_tool(self, wish: int) -> None:
        try:
            await self._run.job.account.take_tool()
        except BatutaError as error:
            await self._grant(pb.Grant(id=wish, refused=wire.error_of(error)))
            return
        self._holds[wish] = None
        self._tool_calls += 1
        await self._grant(pb.Grant(id=wish, tool=pb.Grant.Tool()))

    async def _grant(self, grant: pb.Grant) -> None:
        await self._send(pb.ExecuteRequest(grant=grant).SerializeToString())

    def _release(self, given: pb.Release) -> None:
        account = self._run.job.account
        if given.id not in self._holds:
            return
        hold = self._holds.pop(given.id)
        if hold is not None:
            account.release(hold)
        if given.unused:
            self._count(-1 if hold is not None else 0, -1 if hold is None else 0)

    def _charge(self, charge: pb.Charge) -> None:
        account = self._run.job.account
        if charge.HasField("usage") or charge.HasField("cost"):
            usage, cost = wire.usage_from(charge.usage), wire.cost_from(charge.cost)
            account.charge(usage, cost)
            self._usage, self._cost = self._usage + usage, self._cost + cost
        if charge.model_calls or charge.tool_calls:
            self._count(charge.model_calls, charge.tool_calls)
        if charge.withheld_tokens or charge.withheld_usd:
            account.withhold(charge.withheld_tokens, charge.withheld_usd)

    def _count(self, model_calls: int, tool_calls: int) -> None:
        self._run.job.account.count(model_calls=model_calls, tool_calls=tool_calls)
        self._model_calls += model_calls
        self._tool_calls += tool_calls

    def _done(self, done: pb.Done) -> RemoteResult:
        outcome = done.WhichOneof("outcome")
        if outcome is None:
            raise UnknownItemError
        brought = RemoteResult(
            reply=wire.message_from(done.reply) if outcome == "reply" else None,
            error=wire.error_from(done.error) if outcome == "error" else None,
            events=tuple(self._events),
            usage=self._usage,
            cost=self._cost,
            model_calls=self._model_calls,
            tool_calls=self._tool_calls,
            said=tuple([wire.message_from(message) for message in done.said]),
            state=tuple([tuple(change) for change in json.loads(done.state or b"[]")]),
            stand_in=done.stand_in,
        )
        brought.settle(self._run)
        return brought
