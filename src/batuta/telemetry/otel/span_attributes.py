"""What is told of each span of a run, by the names of the conventions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from batuta.core.kept_content import KeptContent
from batuta.core.model import Usage
from batuta.telemetry.measures import exclusive_parts
from batuta.telemetry.otel import conventions as names

if TYPE_CHECKING:
    from batuta.core.price import Cost
    from batuta.core.trace import Event
    from batuta.telemetry.span_tree import EndedRun, TraceSpan

Attributes = dict[str, str | int | float | bool | tuple[str, ...]]
_KEPT = KeptContent(most_chars=20_000)


def common_attributes(ended: EndedRun) -> Attributes:
    """Give what stands on every span of a run: whose it is, and of which conversation."""
    record = ended.record
    made: Attributes = {
        names.USER: record.principal_id,
        names.LANGFUSE_TRACE_NAME: record.style or record.agent,
    }
    if record.session_id:
        made[names.SESSION] = record.session_id
    tags = (f"style:{record.style}" if record.style else "", record.app)
    if any(tags):
        made[names.LANGFUSE_TAGS] = tuple(filter(None, tags))
    return made


def own_attributes(span: TraceSpan, ended: EndedRun, *, content: bool) -> Attributes:
    """Give what stands on one span; what was said is there only where that is wanted.

    Secrets in it are masked, and it stands in one attribute each for what went in and came out.
    """
    sort = sort_of(span)
    made: Attributes = {
        names.DECIDED_BY: span.by,
        names.OPENINFERENCE_KIND: names.KINDS[sort],
    }
    operation = names.OPERATIONS.get(sort)
    if operation is not None:
        made[names.OPERATION] = operation
    made |= _OWN[span.kind](span, ended)
    if span.kind in _TALKING and ended.record.session_id:
        made[names.CONVERSATION] = ended.record.session_id
    retries = sum(event.kind == "retry" for _, event in span.notes)
    if retries:
        made[names.RETRIES] = retries
    if span.error is not None or span.cut:
        made[names.ERROR_TYPE] = error_type(span)
    if content:
        made |= _content(span, ended)
    return made


_TALKING = {"run", "agent", "model"}


def error_type(span: TraceSpan) -> str:
    """Name the class of a span's error, without its words."""
    if span.error is None:
        return "cancelled"
    return span.error.partition(":")[0].strip()[:80] or "error"


def sort_of(span: TraceSpan) -> str:
    """Tell agents apart that find documents, or put them in another order, by what they gave."""
    if span.kind == "agent":
        if "found" in span.told:
            return "retriever"
        if "ranked" in span.told:
            return "reranker"
    return span.kind


def span_name(span: TraceSpan) -> str:
    """Name a span as the conventions want it: the operation, and of what."""
    operation = names.OPERATIONS.get(sort_of(span))
    if operation is None:
        return span.name
    target = model_of(span.name) if span.kind == "model" else span.name
    return f"{operation} {target}"


def model_of(name: str) -> str:
    """Give a model's name without its provider."""
    _, colon, model = name.partition(":")
    return model if colon and "|" not in name else name


def provider_of(name: str) -> str:
    """Give the conventions' name of a model's provider; ours where they have none."""
    provider = name.partition("|")[0].partition(":")[0]
    return names.PROVIDERS.get(provider, provider)


def note_attributes(event: Event, *, content: bool) -> Attributes:
    """Give what is told of a moment: who decided, and where it is wanted, what and why."""
    made: Attributes = {names.DECIDED_BY: event.by}
    if event.error is not None:
        made[names.ERROR_TYPE] = event.error.partition(":")[0].strip()[:80]
    if content:
        made["name"] = _KEPT.text(event.name)
        if event.data:
            made["data"] = _json(event.data)
    return made


def exclusive_buckets(usage: Usage) -> dict[str, int]:
    """Part tokens as Langfuse calls the parts, none of which overlap: it sums them up.

    Source: Langfuse's "Model usage & cost tracking", read 2026-11.
    """
    parts = exclusive_parts(usage).items()
    return {_BUCKETS[part]: count for part, count in parts if count or part in {"input", "output"}}


_BUCKETS = {
    "input": "input",
    "cached": "input_cached_tokens",
    "cache_write": "input_cache_creation",
    "output": "output",
    "reasoning": "output_reasoning_tokens",
}


def step_attributes(span: TraceSpan) -> Attributes:
    """Give what stands on a span of your own: the facts that it was opened with.

    What is called a secret is none of them, and secrets in texts are masked.
    """
    made: Attributes = {
        names.DECIDED_BY: span.by,
        names.OPENINFERENCE_KIND: names.KINDS["step"],
    }
    for name, value in _KEPT.named(span.asked).items():
        plain = isinstance(value, str | bool | int | float)
        made[name] = value if plain else _json(value)
    return made


def _step(span: TraceSpan, _: EndedRun) -> Attributes:
    return step_attributes(span)


def _run(span: TraceSpan, ended: EndedRun) -> Attributes:
    record = ended.record
    made: Attributes = {
        names.WORKFLOW: record.style or record.agent,
        names.RUN: record.run_id,
        names.APP: record.app,
        names.STYLE: record.style,
        names.STOP: record.stop_reason,
        names.STAND_IN: record.stand_in,
        names.HANDOFFS: _handoffs(ended),
    }
    if span.pattern:
        made[names.PATTERN] = span.pattern
    return made | {f"{names.BUDGET_LEFT}.{name}": left for name, left in _left(ended).items()}


def _left(ended: EndedRun) -> dict[str, float]:
    """Give what a run left of its budget, where there was a limit and its use is known."""
    record, most = ended.record, ended.budget
    used: dict[str, tuple[float | None, float | None]] = {
        "usd": (most.cost_usd, record.cost.usd),
        "tokens": (most.tokens, record.usage.total_tokens),
        "model_calls": (most.model_calls, record.model_calls),
        "tool_calls": (most.tool_calls, record.tool_calls),
        "seconds": (most.seconds, record.seconds),
    }
    return {
        name: max(0, limit - spent)
        for name, (limit, spent) in used.items()
        if limit is not None and spent is not None
    }


def _handoffs(ended: EndedRun) -> int:
    return sum(e.kind == "decision" and e.name.startswith(_HANDED) for e in ended.record.events)


_HANDED = ("hand over to ", "handoff to ")


def _agent(span: TraceSpan, _: EndedRun) -> Attributes:
    made: Attributes = {names.AGENT: span.name}
    if span.pattern:
        made[names.PATTERN] = span.pattern
    documents = span.told.get("found", span.told.get("ranked"))
    if documents is not None:
        made[names.DOCUMENTS] = int(documents)
    return made


def _tool(span: TraceSpan, _: EndedRun) -> Attributes:
    made: Attributes = {names.TOOL: span.name, names.TOOL_TYPE: "function"}
    if "effect" in span.asked:
        made[names.EFFECT] = str(span.asked["effect"])
    return made


def _model(span: TraceSpan, _: EndedRun) -> Attributes:
    told = span.told
    answered = str(told.get("answered") or span.name)
    made: Attributes = {
        names.PROVIDER: provider_of(answered),
        names.REQUEST_MODEL: model_of(span.name),
    }
    if told:
        made[names.RESPONSE_MODEL] = model_of(answered)
    if "stop" in told:
        made[names.FINISH_REASONS] = (str(told["stop"]),)
    if told.get("stand_in"):
        made[names.STAND_IN] = True
    return made | _usage(span.usage) | _cost(span.cost)


def _usage(usage: Usage | None) -> Attributes:
    if usage is None:
        return {}
    made: Attributes = {
        names.INPUT_TOKENS: usage.input_tokens,
        names.OUTPUT_TOKENS: usage.output_tokens,
        names.LANGFUSE_USAGE: _numbers(exclusive_buckets(usage)),
    }
    if usage.cached_tokens:
        made[names.CACHE_READ] = usage.cached_tokens
    if usage.cache_write_tokens:
        made[names.CACHE_WRITE] = made[names.CACHE_CREATION] = usage.cache_write_tokens
    if usage.reasoning_tokens:
        made[names.REASONING] = usage.reasoning_tokens
    return made


def _numbers(named: Mapping[str, float]) -> str:
    """Write names and numbers as JSON."""
    return "{" + ", ".join([f'"{name}": {number!r}' for name, number in named.items()]) + "}"


def _cost(cost: Cost | None) -> Attributes:
    """Tell a cost where it is known; where it is not, why."""
    if cost is None:
        return {}
    made: Attributes = {names.PRICE_SOURCE: cost.reason} if cost.reason else {}
    if cost.usd is not None:
        made[names.COST] = cost.usd
        made[names.LANGFUSE_COST] = _numbers({"total": cost.usd})
    return made


_OWN: Mapping[str, Callable[[TraceSpan, EndedRun], Attributes]] = {
    "step": _step,
    "run": _run,
    "agent": _agent,
    "tool": _tool,
    "model": _model,
}


def _content(span: TraceSpan, ended: EndedRun) -> Attributes:
    record = ended.record
    if span.kind == "step":
        return {}
    if span.kind == "run":
        return _said(record.question.text, record.text)
    if span.kind == "tool":
        arguments, result = span.asked.get("arguments"), span.told.get("result")
        made: Attributes = {names.TOOL_ARGUMENTS: _json(arguments)}
        if span.told:
            made[names.TOOL_RESULT] = _json(result)
        return made
    said = str(span.told.get("text", ""))
    if span.kind == "model":
        if not span.told:
            return {}
        parts = [{"type": "text", "content": _KEPT.text(said)}]
        stop = str(span.told.get("stop", ""))
        return {names.OUTPUT_MESSAGES: _json([
            {"role": "assistant", "parts": parts, "finish_reason": stop},
        ])}  # fmt: skip
    return _said(str(span.asked.get("text", "")), said)


def _said(asked: str, answered: str) -> Attributes:
    made: Attributes = {}
    if asked:
        made[names.INPUT] = _KEPT.text(asked)
    if answered:
        made[names.OUTPUT] = _KEPT.text(answered)
    return made


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return _KEPT.text(text)
