"""Asks the served model and hands on what it says, the moment it says it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from batuta.core.model import Model, ModelReply, StopReason
from batuta.errors import ModelRefused
from batuta.standin.formats import ClientRequest, Speech, said_by

_FILLER = 65_536


async def spoken(model: Model, asked: ClientRequest, filler_mb: float = 0.0) -> Speech:
    """Give the text piece by piece, then the reply as the wire carries it.

    A refusal that is known before any text has left gives no text: vendors shape it on its own.

    Args:
        filler_mb: Megabytes of text to add at the end.

    Raises:
        BatutaError: The model's own; closing the generator cancels the model's call.
    """
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    task = asyncio.create_task(_reply(model, asked, queue))
    told: list[str] = []
    try:
        while (piece := await queue.get()) is not None:
            if not told and _refused(task):
                break
            if piece and asked.form is None:
                told.append(piece)
                yield piece
        reply = await task
        if told or reply.stop_reason != "refused":
            for piece in _rest(reply, "".join(told)):
                yield piece
        for _ in range(int(filler_mb * 1_048_576) // _FILLER):
            told.append("x" * _FILLER)
            yield told[-1]
        yield replace(reply, text="".join(told)) if filler_mb else reply
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _reply(
    model: Model, asked: ClientRequest, queue: asyncio.Queue[str | None]
) -> ModelReply:
    try:
        reply = await model.reply(asked.request, queue.put_nowait)
    except ModelRefused as error:
        stop: StopReason = "refused"
        reply = ModelReply(error.detail, stop_reason=stop, model=model.name)
    finally:
        queue.put_nowait(None)
    return said_by(asked, reply)


def _refused(task: asyncio.Task[ModelReply]) -> bool:
    if not task.done() or task.cancelled() or task.exception() is not None:
        return False
    return task.result().stop_reason == "refused"


def _rest(reply: ModelReply, told: str) -> list[str]:
    """Give what the model did not emit; nothing where it emitted something else."""
    rest = reply.text[len(told) :] if reply.text.startswith(told) else ""
    return [rest] if rest else []
