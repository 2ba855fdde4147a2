"""A record in figures: who decided how often, what it took and cost, in words and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from batuta.core.model import Usage
from batuta.core.price import FREE, Cost
from batuta.core.record import RunRecord
from batuta.core.trace import Event
from batuta.telemetry.diagram import money

STAND_IN = "Answered by a stand-in (language rules, no AI): no real model's figures."
ORDER = ("code", "workflow", "model", "agent", "manager", "aws")


def deciders(events: Iterable[Event]) -> dict[str, int]:
    """Count by who decided: each ask, use, call and step, and each decision that was noted."""
    counts = Counter(
        e.by
        for e in events
        if e.by != "user"
        and (e.phase == "start" or e.kind == "decision")
        and e.kind in ("model", "tool", "agent", "step", "decision")
    )
    return {by: counts[by] for by in ORDER if counts[by]}


def said(counts: Mapping[str, int]) -> str:
    """Say counts of deciders in one line.

    >>> said({"code": 2, "model": 3})
    'code 2 · model 3'
    """
    return " · ".join(f"{by} {count}" for by, count in counts.items()) or "nobody"


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What one run, or several together, took.

    Args:
        decided: Decider to how often.
        stand_in: True where a stand-in answered any of it.
    """

    decided: Mapping[str, int]
    model_calls: int = 0
    tool_calls: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: Cost = FREE
    seconds: float = 0.0
    stand_in: bool = False

    @classmethod
    def of(cls, records: Iterable[RunRecord]) -> Figures:
        """Add records up."""
        made = cls(decided={})
        for record in records:
            counts = Counter(made.decided) + Counter(deciders(record.events))
            made = cls(
                decided={by: counts[by] for by in ORDER if counts[by]},
                model_calls=made.model_calls + record.model_calls,
                tool_calls=made.tool_calls + record.tool_calls,
                usage=made.usage + record.usage,
                cost=made.cost + record.cost,
                seconds=made.seconds + record.seconds,
                stand_in=made.stand_in or record.stand_in,
            )
        return made

    @property
    def line(self) -> str:
        """All in one line, for people."""
        return " · ".join(
            (
                count(self.model_calls, "model call"),
                count(self.tool_calls, "tool call"),
                f"{self.usage.total_tokens:,} tokens",
                usd(self.cost),
                seconds(self.seconds),
            )
        )

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data; ``cost_usd`` is null where it is not known."""
        return {
            "decided": dict(self.decided),
            "model_calls": self.model_calls,
            "tool_calls": self.tool_calls,
            "input_tokens": self.usage.input_tokens,
            "output_tokens": self.usage.output_tokens,
            "cost_usd": self.cost.usd,
            "cost_reason": self.cost.reason,
            "seconds": round(self.seconds, 4),
            "stand_in": self.stand_in,
        }


def turn_json(text: str, record: RunRecord) -> dict[str, Any]:
    """Turn one turn of a conversation into JSON-able data.

    Args:
        text: What the user said.
    """
    return {
        "said": text,
        "reply": record.reply.text if record.reply else None,
        "error": dict(record.error) if record.error else None,
        "style": record.style,
        "session_id": record.session_id if record.reply else None,
        "run_id": record.run_id,
        "stop_reason": record.stop_reason,
        "effects": [effect.to_json() for effect in record.effects],
        "warnings": list(record.warnings),
        **Figures.of([record]).to_json(),
    }


def done_line(record: RunRecord) -> str:
    """Say what a run really did, from its record."""
    done = [e.text if e.status == "done" else f"perhaps {e.text}" for e in record.effects]
    return f"done: {'; '.join(done) or 'nothing'}"


def usd(cost: Cost) -> str:
    """Say an amount of money, in a table's cell.

    >>> usd(Cost(0.0123, 0.0123)), usd(Cost(None, 0.5))
    ('$0.0123', 'over $0.5')
    """
    if cost.usd is not None:
        return money(cost)
    return f"over {money(Cost(cost.known_usd, cost.known_usd))}" if cost.known_usd else "unknown"


def seconds(amount: float) -> str:
    """Write seconds.

    >>> seconds(0.0042), seconds(12.3)
    ('4 ms', '12.3 s')
    """
    return f"{amount * 1000:.0f} ms" if amount < 1 else f"{amount:.1f} s"


def count(number: int, what: str) -> str:
    """Write a number of things.

    >>> count(1, "tool call"), count(2, "tool call")
    ('1 tool call', '2 tool calls')
    """
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
