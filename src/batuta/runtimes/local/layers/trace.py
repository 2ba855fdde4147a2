"""The layer that writes a run's trace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from batuta.core.iteration import is_lazy, taken
from batuta.core.model_settings import UNSET
from batuta.core.principal import WRITE
from batuta.core.redaction import redacted_text
from batuta.core.result import is_plain, result_data, result_shown
from batuta.parts.members import RECORD

if TYPE_CHECKING:
    from batuta.core.layers import Proceed
    from batuta.core.message import Message
    from batuta.core.model import ModelReply
    from batuta.core.run import AskOp, CallOp, Op, StepOp, UseOp
    from batuta.core.trace import Where

_TEXT_IN_TRACE = 2_000


class TraceLayer:
    """Writes a start and an end event around everything, with who decided it."""

    async def ask(self, op: AskOp, proceed: Proceed[AskOp]) -> ModelReply:
        """Trace a model call; tokens and money stand on its end alone."""
        where = begin_ask(op)
        try:
            reply: ModelReply = await proceed(op)
        except BaseException as error:
            fail_ask(op, where, error)
            raise
        end_ask(op, where, reply)
        return reply

    async def use(self, op: UseOp, proceed: Proceed[UseOp]) -> Any:
        """Trace a tool call with its arguments and result."""
        where = begin_use(op)
        try:
            result = await proceed(op)
        except BaseException as error:
            fail_use(op, where, error)
            raise
        end_use(op, where, result)
        return result

    async def call(self, op: CallOp, proceed: Proceed[CallOp]) -> Message:
        """Trace a call to an agent."""
        where = begin_call(op)
        try:
            answer: Message = await proceed(op)
        except BaseException as error:
            fail(op, where, error)
            raise
        end_call(op, where, answer)
        return answer

    async def step(self, op: StepOp, proceed: Proceed[StepOp]) -> Any:
        """Trace a step of plain code."""
        where = begin(op)
        try:
            value = await proceed(op)
        except BaseException as error:
            fail(op, where, error)
            raise
        op.run.job.trace.add("step", "end", where)
        return value


def begin(op: Op, data: dict[str, Any] | None = None) -> Where:
    """Record that something begins, and give where its end belongs."""
    where = (op.span, op.run.path, op.name, op.by)
    op.run.job.trace.add(op.kind, "start", where, data=data)
    return where


def begin_ask(op: AskOp) -> Where:
    """Record that a model is asked, and with which settings, where anybody set any."""
    settings = op.request.settings
    where: Where = (op.span, op.run.path, op.name, op.by)
    data = None if settings is UNSET else {"settings": settings.told()}
    op.run.job.trace.add("model", "start", where, data=data)
    return where


def fail(op: CallOp | StepOp, where: Where, error: BaseException) -> None:
    """Record that something ended with an error."""
    op.run.job.trace.add(op.kind, "end", where, error=redacted_text(error))


def end_ask(op: AskOp, where: Where, reply: ModelReply) -> None:
    """Record a model's reply, with what it used and cost."""
    job = op.run.job
    if reply.stand_in:
        job.stand_in = True
    if reply.inner:
        _note_inner(op, reply)
    used = reply.usage if op.usage is None else op.usage
    data: dict[str, Any] = {"text": reply.text[:_TEXT_IN_TRACE], "stop": reply.stop_reason}
    if reply.tool_calls:
        data["tools"] = [call.name for call in reply.tool_calls]
    if reply.stand_in:
        data["stand_in"] = True
    if reply.reasoning:
        data["reasoning"] = reply.reasoning[:_TEXT_IN_TRACE]
    if reply.model and reply.model != op.name:  # beside the name under which it was chosen
        data["answered"] = reply.model
    job.trace.end_model(where, data=data, usage=used, cost=op.cost)


def fail_ask(op: AskOp, where: Where, error: BaseException) -> None:
    """Record that no reply came, with what was used and paid all the same."""
    said = redacted_text(error)
    op.run.job.trace.end_model(where, usage=op.usage, cost=op.cost, error=said)


def begin_use(op: UseOp) -> Where:
    """Record that a tool is used, and with what, and give where its end belongs."""
    where: Where = (op.span, op.run.path, op.name, op.by)
    given: Any = op.arguments
    if is_plain(given):
        told: Any = dict(given)
    else:
        if is_lazy(given):  # whoever looks first would use them up
            op.arguments = given = taken(given)
        told = result_data(given)
    data = {"arguments": told, "effect": op.tool.effect}
    op.run.job.trace.add("tool", "start", where, data=data)
    return where


def end_use(op: UseOp, where: Where, result: Any) -> None:
    """Record what a tool gave."""
    op.run.job.trace.add("tool", "end", where, data=use_data(op, result))


def fail_use(op: UseOp, where: Where, error: BaseException) -> None:
    """Record that a use was cut or failed, and what its write did, where that has ended."""
    data, said = ended_use(op, error)
    op.run.job.trace.add("tool", "end", where, data=data, error=said)


def begin_call(op: CallOp) -> Where:
    """Record what an agent is told, and give where its answer belongs."""
    where = (op.span, op.run.path, op.name, op.by)
    text = op.message.text[:_TEXT_IN_TRACE]
    op.run.job.trace.add("agent", "start", where, data={"text": text})
    return where


def end_call(op: CallOp, where: Where, answer: Message) -> None:
    """Record what an agent answered."""
    data: dict[str, Any] = {"text": answer.text[:_TEXT_IN_TRACE]}
    if answer.data or answer.metadata:
        _tell_work(data, op, answer)
    op.run.job.trace.add("agent", "end", where, data=data)


def _tell_work(data: dict[str, Any], op: CallOp, answer: Message) -> None:
    """Tell which pattern answered, or how many documents were found, or put in another order."""
    record = answer.metadata.get(RECORD)
    if isinstance(record, dict):
        data["pattern"] = cast("dict[str, Any]", record).get("pattern", "")
    elif answer.data and isinstance(found := answer.data.get("documents"), list | tuple):
        given = "documents" in (op.message.data or ())
        data["ranked" if given else "found"] = len(cast("list[Any]", found))


def use_data(op: UseOp, result: Any) -> dict[str, Any]:
    """Tell what a tool gave, and of one that writes in words what it did."""
    data = {"result": result_shown(result)}
    if op.tool.effect == WRITE and (done := op.tool.done_line(result)):
        data["done"] = done
    return data


def ended_use(op: UseOp, error: BaseException) -> tuple[dict[str, Any] | None, str | None]:
    """Tell how a use ended that was cut or failed, and what its write did, where that has ended."""
    write = op.write
    if write is None or not write.done() or write.cancelled():
        return None, redacted_text(error)
    failure = write.exception()
    if failure is not None:
        return None, redacted_text(failure)
    return use_data(op, write.result()), redacted_text(error)


def _note_inner(op: AskOp, reply: ModelReply) -> None:
    """Write down what a managed agent did by itself, as AWS told it, inside its call."""
    trace = op.run.job.trace
    writing = {tool.name for tool in op.request.tools if tool.writes}
    for number, inner in enumerate(reply.inner, start=1):
        where: Where = (f"{op.span}.{number}", op.span, inner.name, "aws")
        if inner.kind != "tool":
            trace.add(inner.kind, "point", where, data=inner.data)
            continue
        done = dict(inner.data)
        result = _read(done.pop("result", None))
        if inner.name in writing:
            done["effect"] = WRITE
        trace.add("tool", "start", where, data=done)
        trace.add("tool", "end", where, data={"result": result}, error=_failure(result))


def _read(told: Any) -> Any:
    """Read a function's result, which AWS tells as text."""
    try:
        return json.loads(told)
    except (TypeError, ValueError):
        return told


def _failure(result: Any) -> str | None:
    """Give the failure that a function told in place of a result, as ``error_text`` writes it."""
    if not isinstance(result, dict):
        return None
    told = cast("dict[str, Any]", result)
    if set(told) != {"error", "retry"}:
        return None
    return f"{'ToolRetry' if told['retry'] else 'ToolFailed'}: {told['error']}"
