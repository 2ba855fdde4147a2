"""A run's record as a sequence diagram (Mermaid, PlantUML), a tree for the terminal, or a table."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from batuta.core.price import Cost
from batuta.core.record import RunRecord
from batuta.core.trace import Decider, Kind
from batuta.telemetry.arrows import USER, Arrow, Party, arrows, named, one_line
from batuta.telemetry.syntax import MERMAID, PLANTUML, Syntax

_NARROWEST = 40
_NOTHING = "nothing was recorded"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One thing that happened in a run; those that happened in it follow, one deeper.

    Args:
        by: Who decided it.
        seconds: None for what takes no time (decision, retry, warning) and what never ended.
        tokens: None for all but a model's reply.
        detail: What was asked or noted, and what came of it.
        failed: Whether it ended with an error, or not at all.
    """

    depth: int
    kind: Kind
    name: str
    by: Decider
    seconds: float | None
    tokens: int | None
    cost: Cost | None
    detail: str
    failed: bool


def table(record: RunRecord) -> list[Row]:
    """Give what happened in rows, each under what it happened in."""
    inside: dict[int | None, list[Arrow]] = {}
    ends: dict[int, Arrow] = {}
    for arrow in arrows(record.events):
        if arrow.shape in {"reply", "cut"}:
            ends[arrow.call] = arrow
        else:
            inside.setdefault(arrow.around, []).append(arrow)
    rows: list[Row] = []
    ahead = [(0, arrow) for arrow in reversed(inside.get(None, []))]
    while ahead:
        depth, arrow = ahead.pop()
        rows.append(_row(depth, arrow, ends.get(arrow.call)))
        ahead += [(depth + 1, each) for each in reversed(inside.get(arrow.call, []))]
    return rows


def _row(depth: int, began: Arrow, ended: Arrow | None) -> Row:
    event = began.event
    end = ended.event if ended is not None and ended.shape == "reply" else None
    failed = ended is not None and (end is None or end.error is not None)
    pieces = [began.text, ended.text if ended is not None else ""]
    return Row(
        depth=depth,
        kind=event.kind,
        name=named(event.name),
        by=event.by,
        seconds=None if end is None else max(0.0, end.at_s - event.at_s),
        tokens=None if end is None or end.usage is None else end.usage.total_tokens,
        cost=None if end is None else end.cost,
        detail=(" ✗ " if failed else " → ").join(filter(None, pieces)),
        failed=failed,
    )


def terminal(record: RunRecord, width: int = 80) -> str:
    """Draw a tree, one line for each thing that happened, with who decided it and its seconds.

    Args:
        width: Columns of the terminal; taken as 40 where it is less.
    """
    rows = table(record)
    width = max(width, _NARROWEST)
    lines = [f"{USER.name}: {one_line(record.question.text)}"]
    for row, branch in zip(rows, _branches([row.depth for row in rows]), strict=True):
        took = "" if row.seconds is None else _time(row.seconds)
        left = f"{branch}{row.kind} {_named(row)}"
        lines.append(_fit(left, width - 18) + f"  {row.by:<8}{took:>8}")
    if not rows:
        lines.append(f"└─ {_NOTHING}")
    drawn = [_cut(line, width).rstrip() for line in lines]
    return "\n".join([*drawn, *textwrap.wrap(_total(record), width)])


def _named(row: Row) -> str:
    return row.detail if row.kind in _NOTES else f"{row.name}  {row.detail}"


_NOTES = {"decision", "retry", "warning"}


def _branches(depths: Sequence[int]) -> list[str]:
    """Give the lines in front of each row, drawn from the last row up."""
    made: list[str] = []
    later: set[int] = set()  # depths at which a row follows below, before a shallower one
    for depth in reversed(depths):
        stems = "".join("│  " if above in later else "   " for above in range(depth))
        made.append(stems + ("├─ " if depth in later else "└─ "))
        later = {each for each in later if each < depth} | {depth}
    return made[::-1]


def _total(record: RunRecord) -> str:
    figures = [
        _counted(record.model_calls, "model call"),
        _counted(record.tool_calls, "tool call"),
        _counted(record.usage.total_tokens, "token"),
        money(record.cost),
        *(["stand-in"] if record.stand_in else []),
    ]
    return f"{record.stop_reason} in {_time(record.seconds)}: {', '.join(figures)}"


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def money(cost: Cost) -> str:
    """Say what something cost; of an unknown sum, the part that is known."""
    known = f"${cost.known_usd:.6f}".rstrip("0").rstrip(".")
    if cost.usd is not None:
        return known
    return f"cost unknown (at least {known})" if cost.known_usd else "cost unknown"


def _cells(text: str) -> int:
    return sum(map(_cells_of, text))


def _cells_of(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _cut(text: str, width: int) -> str:
    if _cells(text) <= width:
        return text
    while _cells(text) > width - 1:
        text = text[:-1]
    return f"{text}…"


def _fit(text: str, width: int) -> str:
    cut = _cut(text, width)
    return cut + " " * (width - _cells(cut))


def mermaid(record: RunRecord) -> str:
    """Draw a Mermaid sequence diagram."""
    return _sequence(record, MERMAID)


def plantuml(record: RunRecord) -> str:
    """Draw a PlantUML sequence diagram."""
    return _sequence(record, PLANTUML)


def _sequence(record: RunRecord, syntax: Syntax) -> str:
    drawn = arrows(record.events)
    ids: dict[Party, str] = {USER: "user"}
    for arrow in drawn:
        for party in (arrow.source, arrow.target):
            ids.setdefault(party, f"p{len(ids)}")
    if not drawn:
        ids[Party("agent", named(record.agent))] = "p1"
    lines = [syntax.opening]
    for party, name in ids.items():
        line = syntax.user if party == USER else syntax.party
        lines.append(line.format(name, syntax.escape(party.name.replace('"', "'"))))
    for arrow in drawn:
        template, text = _line(arrow, syntax)
        if template:
            escaped = syntax.escape(text or "(no text)")
            lines.append(template.format(ids[arrow.source], ids[arrow.target], escaped))
    if not drawn:
        lines.append(syntax.note.format("user", "p1", syntax.escape(_NOTHING)))
    return "\n".join([*lines, syntax.closing]).rstrip("\n") + "\n"


def _line(arrow: Arrow, syntax: Syntax) -> tuple[str, str]:
    event = arrow.event
    by = "" if arrow.source == USER else f"{event.by}: "
    if arrow.shape == "call":
        asked = f"step {named(event.name)}" if event.kind == "step" else arrow.text
        if event.kind == "tool":
            asked = f"{arrow.target.name}({arrow.text})"
        return syntax.call, by + (asked or "asks")
    if arrow.shape == "reply":
        if event.error is not None:
            return syntax.failure, arrow.text
        return ("" if event.kind == "step" else syntax.reply), arrow.text + _figures(arrow)
    if arrow.shape == "cut":
        return syntax.note, f"{arrow.text}: {named(event.name)}"
    what = "" if event.kind == "decision" else f"{event.kind}: "
    return syntax.note, f"{event.by}: {what}{arrow.text}"


def _figures(arrow: Arrow) -> str:
    usage, cost = arrow.event.usage, arrow.event.cost
    if usage is None:
        return ""
    spent = "" if cost is None or cost.usd == 0 else f", {money(cost)}"
    return f" · {_counted(usage.total_tokens, 'token')}{spent}"
