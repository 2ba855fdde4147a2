"""Run records and runs still going on, as the door shows them."""

from __future__ import annotations

from typing import Any

from batuta.core.record import RunRecord
from batuta.serve.http.encoding import shortened
from batuta.serve.http.problems import Answer, problem_of, problem_of_code
from batuta.serve.http.schemas import CostOut, EffectOut, Reply, RunDetail, RunSummary, UsageOut
from batuta.serve.http.wording import public_error, public_event

STAND_IN = (
    "A stand-in answered: offline language rules, not a real model. "
    "Set BATUTA_MODEL to a model's name for a real one."
)
CANCELLED = "The run was cancelled before it had an answer. Send the message again."


def answer_of(record: RunRecord) -> Answer:
    """Make the reply of a run, or its problem; both carry run, session and style."""
    where = {"run_id": record.run_id, "session_id": record.session_id, "style": record.style}
    if record.reply is not None:
        reply = Reply(
            **where,
            reply=record.reply.text,
            usage=usage_of(record),
            cost=_cost(record),
            stand_in=record.stand_in,
            note=STAND_IN if record.stand_in else None,
            stop_reason=record.stop_reason,
            data=record.reply.data,
            effects=effects_of(record),
            warnings=record.warnings,
        )
        return Answer(200, reply.model_dump())
    effects = [effect.to_json() for effect in record.effects]
    more: dict[str, Any] = {**where, "stop_reason": record.stop_reason, "effects": effects}
    if record.answers:
        more["answers"] = [answer.to_json() for answer in record.answers]
    if record.failure is not None:
        return problem_of(record.failure, **more)
    if record.error is not None:
        return problem_of_code(record.error["code"], record.error["message"], **more)
    return cancelled(**more)


def asks_back(answer: Answer) -> bool:
    """Tell whether an answer is a question, and nothing was done on the way to it."""
    body = answer.body
    return answer.good and not body["effects"] and body["reply"].rstrip().endswith("?")


def cancelled(**more: Any) -> Answer:
    """Make the problem of a run that was cut off."""
    made = problem_of_code("cancelled", CANCELLED, **{**more, "retryable": True})
    return Answer(503, {**made.body, "status": 503}, {"Retry-After": "1"})


def effects_of(record: RunRecord) -> list[EffectOut]:
    """Make what a run did."""
    return [EffectOut(**effect.to_json()) for effect in record.effects]


def summary_of(record: RunRecord) -> RunSummary:
    """Make the short form of a record."""
    return RunSummary(**_summary(record))


def detail_of(record: RunRecord, *, reasoning: bool = False) -> RunDetail:
    """Make the long form of a record; ``reasoning`` as ``public_event`` takes it."""
    return RunDetail(
        **_summary(record),
        app=record.app,
        agent=record.agent,
        data=record.reply.data if record.reply else None,
        error=None if record.error is None else public_error(record.error),
        effects=effects_of(record),
        warnings=record.warnings,
        unknown_effects=record.unknown_effects,
        events=[public_event(event, reasoning=reasoning) for event in record.events],
    )


def _summary(record: RunRecord) -> dict[str, Any]:
    return {
        "run_id": record.run_id,
        "session_id": record.session_id,
        "style": record.style,
        "status": "ended",
        "question": shortened(record.question.text),
        "reply": record.reply.text if record.reply else None,
        "stop_reason": record.stop_reason,
        "started_at": record.started_at,
        "seconds": record.seconds,
        "stand_in": record.stand_in,
        "usage": usage_of(record),
        "cost": _cost(record),
    }


def usage_of(record: RunRecord) -> UsageOut:
    """Make the sum of what a run used."""
    usage = record.usage
    return UsageOut(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        total_tokens=usage.total_tokens,
        cached_tokens=usage.cached_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        model_calls=record.model_calls,
        tool_calls=record.tool_calls,
    )


def _cost(record: RunRecord) -> CostOut:
    cost = record.cost
    return CostOut(usd=cost.usd, known_usd=cost.known_usd, reason=cost.reason)
