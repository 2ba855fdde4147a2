"""The host's side of one call: an agent works here in a frame of the caller's run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from grpc.aio import EOF, BaseError, ServicerContext

from batuta.core.principal import WRITE
from batuta.errors import BatutaError
from batuta.remote.frame import HostFrame, not_jsonable
from batuta.remote.grpc import wire
from batuta.remote.grpc.borrowing import BorrowedAccount
from batuta.remote.grpc.v1 import batuta_pb2 as pb

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.message import Message
    from batuta.core.tool import Hook
    from batuta.core.trace import Event
    from batuta.remote.call import RemoteCall
    from batuta.remote.frame import AgentHost

Context: TypeAlias = ServicerContext[wire.Sent, pb.ExecuteResponse]
_MOST_TOGETHER = 512 * 1024
_ANSWERS_S = 5.0


class Serving:
    """One call.

    Args:
        limit: Longest message in bytes.
    """

    def __init__(
        self, call: RemoteCall, runtime: AgentHost, *, hooks: Sequence[Hook], limit: int
    ) -> None:
        self._limit = limit
        self._told: list[pb.Item] = []
        self._over = self._let_go = False
        self._telling: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._task: asyncio.Task[object] | None = None
        self._context: Context
        self._account = BorrowedAccount(call.limits, call.whose, self._tell)
        self._frame = HostFrame(
            call, runtime, account=self._account, heard=self._heard, hooks=hooks
        )

    async def serve(self, agent: Agent, context: Context) -> None:
        """Let the agent work, telling the caller what happens, until it has answered."""
        self._context, self._task = context, asyncio.current_task()
        try:
            done = await self._work(agent)
            await self._last_answers()
            self._told.append(done)
            self._over = True
            await self._last_told()
        except asyncio.CancelledError:
            if not self._let_go:
                raise
            await self._last_told()  # the caller hears what became of what was being written
        finally:
            self._frame.close("done" if self._over else "cancelled")
            left = [t for t in (self._telling, self._listening) if t is not None and not t.done()]
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left)

    async def _last_told(self) -> None:
        if self._telling is not None:
            await self._telling
        await self._flush()

    async def _last_answers(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_ANSWERS_S):
                await self._account.answered()

    async def _work(self, agent: Agent) -> pb.Item:
        """Have the answer made; a failure of any kind is an answer too."""
        reply: Message | None = None
        failure: BatutaError | None = None
        try:
            async with asyncio.timeout(self._frame.call.seconds_left):
                reply = await self._frame.work(agent)
        except TimeoutError:
            failure = self._account.out_of_time(self._frame.job.trace.elapsed_s())
        except BatutaError as error:
            failure = error
        return self._done(reply, failure)

    def _tell(self, item: pb.Item) -> None:
        """Tell the caller, together with what else is told until the line is free."""
        if self._over:
            return
        self._told.append(item)
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._flush())
        if self._account.waits:
            self._listen_for_more()

    def _listen_for_more(self) -> None:
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())

    async def _flush(self) -> None:
        while self._told:
            told, self._told = self._told, []
            for batch in _batches(told):
                try:
                    await self._context.write(pb.ExecuteResponse(items=batch))
                except BaseError:  # nobody is there any more
                    self._give_up()
                    return

    def _give_up(self) -> None:
        if self._task is not None and not self._over:
            self._task.cancel()

    async def _listen(self) -> None:
        """Take the caller's answers; a caller that says no more has gone."""
        while True:
            sent: Any = await self._context.read()
            if sent is EOF:
                self._let_go = True
                self._give_up()
                return
            self._account.granted(sent.request.grant)

    def _done(self, reply: Message | None, failure: BatutaError | None) -> pb.Item:
        try:
            item = pb.Item(done=wire.done_of(self._frame.result(reply, failure)))
        except (TypeError, ValueError) as error:
            return self._unsendable(not_jsonable(error))
        if item.ByteSize() > self._limit - 64:
            size = f"has {item.ByteSize():,} bytes, and at most {self._limit:,} cross"
            return self._unsendable(f"{size}: set call_bytes higher in all processes")
        return item

    def _unsendable(self, why: str) -> pb.Item:
        return pb.Item(done=pb.Done(error=wire.error_of(self._frame.unsendable(why))))

    def _heard(self, event: Event) -> None:
        if event.kind in ("text", "reasoning"):
            piece = wire.sendable(str((event.data or {}).get("text", "")))
            thinks = event.kind == "reasoning"
            text = pb.Text(span=event.span, parent=event.parent, piece=piece, reasoning=thinks)
            self._tell(pb.Item(text=text))
        else:
            self._tell(pb.Item(event=wire.event_of(event)))
            if event.phase == "start" and (event.data or {}).get("effect") == WRITE:
                self._listen_for_more()  # the caller may give up while it is on


def _batches(items: list[pb.Item]) -> Iterator[list[pb.Item]]:
    """Part what is to be sent into messages that are not too long."""
    if len(items) == 1:
        yield items
        return
    batch: list[pb.Item] = []
    size = 0
    for item in items:
        more = item.ByteSize()
        if batch and size + more > _MOST_TOGETHER:
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += more
    if batch:
        yield batch
