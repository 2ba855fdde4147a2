"""What Langfuse makes of a span, by its documented mapping.

Source: https://langfuse.com/integrations/native/opentelemetry#property-mapping, read 2026-11.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.unit.telemetry.collector import SentSpan

_OF_OPENINFERENCE = {
    "CHAIN": "CHAIN",
    "AGENT": "AGENT",
    "LLM": "GENERATION",
    "TOOL": "TOOL",
    "RETRIEVER": "RETRIEVER",
}


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One row of Langfuse's."""

    type: str
    trace_id: str
    id: str
    parent_id: str
    name: str
    session_id: str
    user_id: str
    trace_name: str
    tags: tuple[str, ...]
    model: str
    usage: dict[str, int]
    cost: dict[str, float]
    level: str


def observation(span: SentSpan) -> Observation:
    """Map one span: its type by Langfuse's own attribute, else OpenInference's, else its model."""
    told = span.attributes
    kind = str(told.get("langfuse.observation.type", "")).upper()
    kind = kind or _OF_OPENINFERENCE.get(str(told.get("openinference.span.kind")), "")
    kind = kind or ("GENERATION" if "gen_ai.request.model" in told else "SPAN")
    generates = kind == "GENERATION"  # usage and cost of anything else are ignored
    return Observation(
        type=kind,
        trace_id=span.trace_id,
        id=span.span_id,
        parent_id=span.parent_id,
        name=span.name,
        session_id=str(told.get("session.id", "")),
        user_id=str(told.get("user.id", "")),
        trace_name=str(told.get("langfuse.trace.name", "")),
        tags=tuple(told.get("langfuse.trace.tags", ())),
        model=str(told.get("gen_ai.response.model", told.get("gen_ai.request.model", ""))),
        usage=_details(told, "usage_details") if generates else {},
        cost=_details(told, "cost_details") if generates else {},
        level=str(told.get("langfuse.observation.level", "DEFAULT")),
    )


def _details(told: Any, name: str) -> dict[str, Any]:
    return json.loads(told.get(f"langfuse.observation.{name}", "{}"))
