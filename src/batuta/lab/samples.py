"""Turns what came of a conversation into a sample."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from batuta.core.record import RunRecord
from batuta.core.scenario import Scenario
from batuta.lab.goals import judged
from batuta.lab.results import Sample, SampleEnd

if TYPE_CHECKING:
    from batuta.lab.plan import SampleJob
    from batuta.lab.talks import HeldTalk

_STEPS = {"agent": "start", "tool": "start", "step": "start", "decision": "point"}
_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What a conversation took on the clock."""

    cpu_seconds: float
    seconds: float


def sample_of(
    job: SampleJob, scenario: Scenario, talk: HeldTalk, *, took: Took, own: str = ""
) -> Sample:
    """Judge a conversation.

    Args:
        own: What the scenario's own check, or its expected tools, say is wrong.
    """
    records = talk.records
    judgement = judged(scenario, talk.start, talk.state)
    forbidden = tuple(dict.fromkeys((*judgement.forbidden, *talk.forbidden)))
    usage = [record.usage for record in records]
    sums = [(r.model_calls, r.tool_calls) for r in records]
    reason = _reason(scenario, talk, own or judgement.reason)
    ended = _end(talk, reason, wrong=bool(judgement.wrong or judgement.double or forbidden or own))
    return Sample(
        subject=job.subject,
        scenario=scenario.name,
        seed=job.seed,
        fault=job.fault,
        succeeded=ended == "succeeded",
        wrong_bookings=len(judgement.wrong),
        double_bookings=len(judgement.double),
        false_claims=len(talk.false_claims),
        turns=len(records),
        model_calls=sum(models for models, _ in sums),
        tool_calls=sum(tools for _, tools in sums),
        input_tokens=sum(each.input_tokens for each in usage),
        cached_tokens=sum(each.cached_tokens for each in usage),
        output_tokens=sum(each.output_tokens for each in usage),
        usd=_money(records),
        cpu_seconds=took.cpu_seconds,
        seconds=took.seconds,
        path=tuple(step for record in records for step in path_of(record)),
        outcome="\n".join(talk.state),
        ended=ended,
        reason=reason,
    )


def path_of(record: RunRecord) -> Sequence[str]:
    """Say who decided what in a run, in the order of its steps, however they were timed."""
    chosen = [e for e in record.events if _STEPS.get(e.kind) == e.phase]
    chosen.sort(key=lambda event: tuple(map(int, _NUMBERS.findall(event.span))))
    return [f"{event.by}: {event.kind} {event.name}" for event in chosen]


def _end(talk: HeldTalk, reason: str, *, wrong: bool) -> SampleEnd:
    if not reason:
        return "succeeded"
    if talk.false_claims:
        return "lied"
    if wrong:
        return "wrong"
    failed = bool(talk.error) or any(record.reply is None for record in talk.records)
    return "failed_clearly" if failed else "degraded"


def _reason(scenario: Scenario, talk: HeldTalk, wrong: str) -> str:
    said = list(talk.false_claims)
    said += [wrong] if wrong else []
    said += [f"there for a while: {line}" for line in talk.forbidden if line not in talk.state]
    said += [talk.error] if talk.error else []
    said += [record.text for record in talk.records if record.reply is None]
    return "; ".join(said + _beyond(scenario, talk.records))


def _beyond(scenario: Scenario, records: Sequence[RunRecord]) -> list[str]:
    limits = scenario.limits
    usd = _money(records)
    took = (
        ("model calls", sum(r.model_calls for r in records), limits.model_calls),
        ("tool calls", sum(r.tool_calls for r in records), limits.tool_calls),
        ("dollars", usd, limits.usd),
    )
    return [f"{n} {what}, at most {most}" for what, n, most in took if most and n and n > most]


def _money(records: Sequence[RunRecord]) -> Decimal | None:
    known = [r.cost.usd for r in records if r.cost.usd is not None]
    if len(known) < len(records):
        return None
    return sum((Decimal(repr(round(each, 9))) for each in known), Decimal(0)).normalize()
