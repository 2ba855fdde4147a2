"""A run's record as a sequence diagram in SVG, drawn here: no script, no font, no other file.

Who decided a call stands in front of it, in a colour for each. It is a light card of its own, which
reads on light and dark pages alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from batuta.core.record import RunRecord
from batuta.core.trace import Decider
from batuta.telemetry.arrows import USER, Arrow, Party, arrows, named, one_line
from batuta.telemetry.diagram import money

_COLUMN, _ROW, _TOP, _EDGE, _RIGHT = 130, 40, 64, 16, 130
_CHARS, _NAME = 26, 16
"""Longer texts and names are cut; a text is whole in its title. It may run over a column."""
PAPER, _INK = "#ffffff", "#1c2128"
COLOURS: Mapping[Decider, str] = {
    "code": "#3d5af1",
    "workflow": "#0b7a53",
    "model": "#b4460b",
    "agent": "#8b3fc4",
    "manager": "#b3125a",
    "aws": "#8a6d00",
    "user": "#5b6472",
}
_STYLE = (
    f"text{{font:12px system-ui,sans-serif;fill:{_INK};"
    f"paint-order:stroke;stroke:{PAPER};stroke-width:3px}}"
    ".by{font-weight:600;font-size:10px}"
    ".party{font-weight:600;stroke:none}"
    ".under{font-size:10px;stroke:none}"
    f".paper{{fill:{PAPER};stroke:#d0d7de}}"
    ".life{stroke:#c4cbd3;stroke-dasharray:3 4}"
    ".box{fill:#eef1f4;stroke:#aab2bb}"
    ".own{stroke-width:2;stroke-dasharray:5 3}"
    ".failed{stroke:#d12b2b}"
    ".back{stroke-dasharray:5 4}"
)


def svg(record: RunRecord, *, homes: Mapping[str, str] | None = None) -> str:
    """Draw a sequence diagram.

    Args:
        homes: Agent to where it lives, in two or three words, for those that live elsewhere.
    """
    drawn = arrows(record.events)
    parties = _parties(drawn, record)
    width = 2 * _EDGE + _COLUMN * len(parties) + _RIGHT
    height = _TOP + _ROW * (len(drawn) + 1)
    places = {
        party: _EDGE + _COLUMN // 2 + _COLUMN * number for number, party in enumerate(parties)
    }
    label = quoteattr(_clean(f"Run of {named(record.agent)}"))
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label={label}>',
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="8"/>',
    ]
    for party, x in places.items():
        home = (homes or {}).get(party.name, "") if party.kind == "agent" else ""
        lines += _head(party, x, height, home=home)
    for number, arrow in enumerate(drawn):
        lines += _row(arrow, places, _TOP + _ROW * (number + 1))
    if not drawn:
        lines.append(f'<text x="{_EDGE}" y="{_TOP + _ROW}">nothing was recorded</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def _parties(drawn: Sequence[Arrow], record: RunRecord) -> list[Party]:
    found = dict.fromkeys((USER, *(p for arrow in drawn for p in (arrow.source, arrow.target))))
    return [*found] if drawn else [USER, Party("agent", named(record.agent))]


def _head(party: Party, x: int, height: int, *, home: str) -> list[str]:
    name = escape(_clean(one_line(party.name, _NAME)))
    kind = "box own" if home else "box"
    half = _COLUMN // 2 - 5
    lines = [
        f'<line class="life" x1="{x}" y1="48" x2="{x}" y2="{height - 8}"/>',
        f'<rect class="{kind}" x="{x - half}" y="14" width="{2 * half}" height="34" rx="6"/>',
        f'<text x="{x}" y="{30 if home else 36}" class="party" text-anchor="middle">{name}</text>',
    ]
    if home:
        told = escape(_clean(one_line(home, _NAME)))
        lines.append(f'<text x="{x}" y="43" class="under" text-anchor="middle">{told}</text>')
    return lines


def _row(arrow: Arrow, places: Mapping[Party, int], y: int) -> list[str]:
    start, end = places[arrow.source], places[arrow.target]
    event, back = arrow.event, arrow.shape in {"reply", "cut"}
    failed = arrow.shape == "cut" or (back and event.error is not None)
    colour = COLOURS[event.by]
    kind = " ".join(filter(None, ("back" if back else "", "failed" if failed else "")))
    title = f"<title>{escape(_clean(_whole(arrow)))}</title>"
    by = "" if back else f'<tspan class="by" fill="{colour}">{event.by} </tspan>'
    said = escape(_clean(one_line(_said(arrow), _CHARS)))
    if start == end or arrow.shape == "note":
        mark = f'<circle cx="{start}" cy="{y}" r="4" fill="{colour}"/>'
        label = f'<text x="{start + 10}" y="{y + 4}">{by}{said}</text>'
        return [f"<g>{title}{mark}{label}</g>"]
    side = 1 if end > start else -1
    tip = end - side * 2
    shaft = (
        f'<line class="{kind}" x1="{start}" y1="{y}" x2="{tip}" y2="{y}" stroke="{colour}" '
        'stroke-width="1.5"/>'
    )
    head = f'<path d="M{tip} {y}l{-side * 8} -4v8z" fill="{"#d12b2b" if failed else colour}"/>'
    label = (
        f'<text x="{min(start, end) + 10}" y="{y - 6}">{by}{said}{escape(_figures(arrow))}</text>'
    )
    return [f"<g>{title}{shaft}{head}{label}</g>"]


def _said(arrow: Arrow) -> str:
    event = arrow.event
    if arrow.shape == "call" and event.kind == "tool":
        return f"{named(event.name)}({arrow.text})"
    if arrow.shape == "call" and event.kind == "step":
        return f"step {named(event.name)}"
    return arrow.text or ("asks" if arrow.shape == "call" else "")


def _whole(arrow: Arrow) -> str:
    """Give what a label says without its cut, and what it cost."""
    by = f"{arrow.event.by}: " if arrow.shape in {"call", "note"} else ""
    return f"{by}{_said(arrow)}{_figures(arrow)}"


def _figures(arrow: Arrow) -> str:
    usage, cost = arrow.event.usage, arrow.event.cost
    if usage is None or arrow.shape != "reply":
        return ""
    spent = "" if cost is None or cost.usd == 0 else f", {money(cost)}"
    return f" · {usage.total_tokens} tokens{spent}"


def _clean(text: str) -> str:
    """Leave out what XML cannot hold."""
    return "".join(c for c in text if c.isprintable() and not "\ud800" <= c <= "\udfff")
