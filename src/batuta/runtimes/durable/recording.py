"""The layer that makes every ask, use, call elsewhere and step a recorded one; the innermost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from batuta.core.agent import Agent
from batuta.core.message import Message
from batuta.core.principal import WRITE
from batuta.core.redaction import redacted_text
from batuta.core.result import result_data
from batuta.core.run import Run
from batuta.errors import BatutaError, ReplayMismatch
from batuta.remote.result import Fetched, Fetching, RemoteResult
from batuta.runtimes.durable.journal import Journal, Wish
from batuta.runtimes.exact import with_bytes, without_bytes
from batuta.runtimes.step_values import (
    asked_digest,
    digest,
    message_json,
    read_reply,
    reply_json,
    typed_result,
)

if TYPE_CHECKING:
    from batuta.core.model import ModelReply
    from batuta.core.run import AskOp, CallOp, Op, StepOp, UseOp


class StepRecording:
    """Records what was done, and does not do again what an earlier attempt of the run has done.

    A call to an agent of this process is no step of its own: its code runs again, and all that it
    does comes from the record.

    Args:
        find: Gives a registered agent by its name.
    """

    def __init__(self, find: Callable[[str], Agent]) -> None:
        self.journals: dict[str, Journal] = {}
        self._find = find

    async def ask(self, op: AskOp, proceed: Callable[[AskOp], Awaitable[ModelReply]]) -> ModelReply:
        """Ask a model once."""
        journal = self._journal(op)
        if journal is None:
            return await proceed(op)

        async def do() -> dict[str, Any]:
            return reply_json(await proceed(op))

        return read_reply(await journal.once(Wish("ask", op.span, asked_digest(op.request)), do))

    async def use(self, op: UseOp, proceed: Callable[[UseOp], Awaitable[Any]]) -> Any:
        """Use a tool once; of one that writes it is recorded beforehand that it begins."""
        journal = self._journal(op)
        if journal is None:
            return await proceed(op)

        async def do() -> Any:
            return result_data(with_bytes(await proceed(op)))

        arguments = result_data(op.arguments)
        wish = Wish("use", op.span, digest([op.tool.name, arguments]))
        name = journal.name(wish)
        if op.tool.effect == WRITE:
            return typed_result(op.tool, await _effect(op, journal, name, wish=wish, do=do))
        return typed_result(op.tool, await journal.once(wish, do, name=name))

    async def call(self, op: CallOp, proceed: Callable[[CallOp], Awaitable[Message]]) -> Message:
        """Call an agent elsewhere once, with all that it brings back."""
        journal = self._journal(op)
        if journal is None:
            return await proceed(op)
        agent = self._find(op.agent) if isinstance(op.agent, str) else op.agent
        if not isinstance(agent, Fetched):
            return await _here(op, journal, proceed)
        fetching = Fetching(agent)

        async def do() -> dict[str, Any]:
            try:
                await proceed(replace(op, agent=fetching))
            except BatutaError:
                if fetching.brought is None:
                    raise
            return cast("RemoteResult", fetching.brought).to_json()

        wish = Wish("call", op.span, digest([op.name, message_json(op.message)]))
        brought = RemoteResult.from_json(await journal.once(wish, do))
        if fetching.brought is None:
            frame = Run(
                op.run.job, agent, op.span, depth=op.run.depth + 1, shares=op.shares_history
            )
            brought.absorb(frame)
        return brought.answer()

    async def step(self, op: StepOp, proceed: Callable[[StepOp], Awaitable[Any]]) -> Any:
        """Do a step of plain code once."""
        journal = self._journal(op)
        if journal is None:
            return await proceed(op)

        async def do() -> Any:
            return with_bytes(await proceed(op))

        wish = Wish("step", op.span, digest(op.name))
        return without_bytes(await journal.once(wish, do))[1]

    def _journal(self, op: Op) -> Journal | None:
        return self.journals.get(op.run.job.run_id)


async def _effect(
    op: UseOp, journal: Journal, name: str, *, wish: Wish, do: Callable[[], Awaitable[Any]]
) -> Any:
    """Use a writing tool; where an earlier attempt began and did not tell how it ended, say so."""
    job = op.run.job
    key = job.idempotency_key(op)
    begin = name.replace("use", "begin", 1)
    unknown = journal.knows(begin) and not journal.knows(name)

    async def begins() -> dict[str, str]:
        return {"tool": op.tool.name, "key": key}

    await journal.once(Wish("begin", op.span, wish.asked), begins, name=begin)
    where = (f"{op.span}.outcome", op.run.path, "outcome unknown", "code")
    data = {"of": op.span, "tool": op.tool.name, "key": key}
    if unknown:
        job.trace.add("warning", "point", where, data=data)
    known = (f"{op.span}.resolved", op.run.path, "outcome resolved by its key", "code")
    try:
        result = await journal.once(wish, do, name=name)
    except BatutaError as error:
        if unknown:
            job.trace.add("warning", "point", known, data=data, error=redacted_text(error))
        raise
    if unknown:
        job.trace.add("warning", "point", known, data=data)
    return result


async def _here(
    op: CallOp, journal: Journal, proceed: Callable[[CallOp], Awaitable[Message]]
) -> Message:
    """Call an agent of this process; where others were at work beside it, record when it ended.

    Else a later attempt, to which all comes from the record at once, might take another for the
    first.
    """
    wish = Wish("end", op.span)
    name = journal.name(wish)
    reply, failed = None, None
    with journal.order.at_work(op.span):
        try:
            try:
                reply = await proceed(op)
            except ReplayMismatch:
                raise
            except BatutaError as error:
                failed = error
            if name in journal.recorded or not journal.order.was_alone(op.span):
                await journal.once(wish, _nothing, name=name)
        except asyncio.CancelledError:
            journal.order.drop(op.span)
            raise
    if reply is None:
        raise failed or AssertionError("unreachable: it answered or failed")
    return reply


async def _nothing() -> None:
    """Be the work of a step that only tells when it was."""
