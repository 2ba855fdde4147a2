"""The layer that writes a run's trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batuta.core.redaction import redacted_text
from batuta.core.tool import result_data

if TYPE_CHECKING:
    from batuta.core.layers import Proceed
    from batuta.core.message import Message
    from batuta.core.model import ModelReply
    from batuta.core.run import AskOp, CallOp, StepOp, UseOp
    from batuta.core.trace import Where

_TEXT_IN_TRACE = 2_000


class TraceLayer:
    """Writes a start and an end event around everything, with who decided it."""

    async def ask(self, op: AskOp, proceed: Proceed[AskOp]) -> ModelReply:
        """Trace a model call; tokens and money stand on its end alone."""
        job = op.run.job
        trace = job.trace
        where = (op.span, op.run.path, op.name, op.by)
        trace.add("model", "start", where)
        try:
            reply: ModelReply = await proceed(op)
        except BaseException as error:
            trace.end_model(where, usage=op.usage, cost=op.cost, error=redacted_text(error))
            raise
        if reply.stand_in:
            job.stand_in = True
        _note_inner(op, reply)
        used = reply.usage if op.usage is None else op.usage
        trace.end_model(where, data=_reply_data(reply), usage=used, cost=op.cost)
        return reply

    async def use(self, op: UseOp, proceed: Proceed[UseOp]) -> Any:
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
            trace.add("tool", "end", where, error=redacted_text(error))
            raise
        trace.add("tool", "end", where, data={"result": result_data(result)})
        return result

    async def call(self, op: CallOp, proceed: Proceed[CallOp]) -> Message:
        """Trace a call to an agent."""
        trace = op.run.job.trace
        where = (op.span, op.run.path, op.name, op.by)
        trace.add("agent", "start", where, data={"text": op.message.text[:_TEXT_IN_TRACE]})
        try:
            answer: Message = await proceed(op)
        except BaseException as error:
            trace.add("agent", "end", where, error=redacted_text(error))
            raise
        trace.add("agent", "end", where, data={"text": answer.text[:_TEXT_IN_TRACE]})
        return answer

    async def step(self, op: StepOp, proceed: Proceed[StepOp]) -> Any:
        """Trace a step of plain code."""
        trace = op.run.job.trace
        where = (op.span, op.run.path, op.name, op.by)
        trace.add("step", "start", where)
        try:
            value = await proceed(op)
        except BaseException as error:
            trace.add("step", "end", where, error=redacted_text(error))
            raise
        trace.add("step", "end", where)
        return value


def _note_inner(op: AskOp, reply: ModelReply) -> None:
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
