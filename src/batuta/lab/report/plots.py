"""The report's plots as SVG: dots with intervals, cost against success, survival under faults.

Colours are the page's own, by class; each plot has a table beside it that says the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from batuta.lab.report.words import estimate_text, number_text, share_text
from batuta.lab.statistics import Estimate

WIDTH = 420
LEFT, RIGHT = 14, 406
STEPS = 5
At = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One row of the plot of intervals.

    Args:
        wide: A second interval, drawn thin: of scenarios rather than samples.
    """

    label: str
    found: Estimate
    wide: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class CostPoint:
    """One point of cost against success."""

    label: str
    cost: float
    success: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """Shares by row and column.

    Args:
        shares: By row and column; what was not run is not in it.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    shares: Mapping[tuple[str, str], float]


def interval_plot(title: str, dots: Sequence[Dot]) -> str:
    """Draw shares from 0 to 1 with both intervals, a row each."""
    height = 40 + 36 * len(dots)
    drawn: list[str] = []
    for tick in _QUARTERS:
        x = _across(tick)
        anchor = {0.0: "start", 1.0: "end"}.get(tick, "middle")
        drawn += [
            _line((x, 8), (x, height - 26), "grid"),
            _text((x, height - 8), share_text(tick), f"tick {anchor}"),
        ]
    for row, dot in enumerate(dots):
        y = 36 + 36 * row
        drawn += [
            _text((LEFT, y - 10), dot.label, "label"),
            *_whiskers(_across(dot.wide.low), _across(dot.wide.high), y),
            _line((_across(dot.found.low), y), (_across(dot.found.high), y), "interval"),
            (
                f'<circle class="dot" cx="{_across(dot.found.value):.1f}" cy="{y}" r="5">'
                f"<title>{escape(f'{dot.label}: {estimate_text(dot.found)}')}</title></circle>"
            ),
        ]
    return _svg(title, height, drawn)


def frontier(points: Sequence[CostPoint]) -> Sequence[CostPoint]:
    """Give the points that no other beats in both, from cheap to dear."""
    best: list[CostPoint] = []
    for point in sorted(points, key=lambda each: (each.cost, -each.success)):
        if not best or point.success > best[-1].success:
            best.append(point)
    return best


def scatter_plot(title: str, points: Sequence[CostPoint], cost: str) -> str:
    """Draw what each costs against how often it succeeds, and the frontier of the best.

    Args:
        cost: What the costs are, such as "tokens a conversation".
    """
    top, bottom, left = 16, 272, 46
    most = _round_up(max((point.cost for point in points), default=1.0))

    def place(point: CostPoint) -> tuple[float, float]:
        x = left + (RIGHT - left) * point.cost / most
        return x, bottom - (bottom - top) * point.success

    drawn: list[str] = []
    for tick in _QUARTERS:
        y = bottom - (bottom - top) * tick
        drawn += [
            _line((left, y), (RIGHT, y), "grid"),
            _text((left - 6, y + 4), share_text(tick), "tick end"),
            _text(
                (left + (RIGHT - left) * tick, bottom + 18),
                number_text(most * tick),
                "tick end" if tick == 1 else "tick middle",
            ),
        ]
    drawn.append(_text(((left + RIGHT) / 2, bottom + 36), cost, "tick middle"))
    best = [place(each) for each in frontier(points)]
    if len(best) > 1:
        steps = [f"{best[0][0]:.1f},{best[0][1]:.1f}"]
        for (_, before), (x, y) in itertools.pairwise(best):
            steps += [f"{x:.1f},{before:.1f}", f"{x:.1f},{y:.1f}"]
        drawn.append(f'<polyline class="frontier" points="{" ".join(steps)}"/>')
    taken: list[tuple[float, float]] = []
    for point in points:
        x, y = place(point)
        told = f"{point.label}: {share_text(point.success)}, {number_text(point.cost)} {cost}"
        drawn.append(
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="5">'
            f"<title>{escape(told)}</title></circle>"
        )
        drawn.append(_beside(point.label, (x, y), taken))
    return _svg(title, bottom + 48, drawn)


def heat_plot(title: str, heat: Heat) -> str:
    """Draw a share for each row and column; what was not run stays empty."""
    left, cell = 150, 30
    wide = (RIGHT - left) / max(1, len(heat.columns))
    drawn = [
        _text((left + wide * (at + 0.5), 18), name, "tick middle")
        for at, name in enumerate(heat.columns)
    ]
    for down, row in enumerate(heat.rows):
        y = 28 + cell * down
        drawn.append(_text((LEFT, y + 19), _short(row), "label"))
        for at, column in enumerate(heat.columns):
            share = heat.shares.get((row, column))
            if share is None:
                continue
            step = min(STEPS - 1, int(share * STEPS))
            x = left + wide * at
            drawn += [
                (
                    f'<rect class="heat{step}" x="{x + 1:.1f}" y="{y}" width="{wide - 2:.1f}" '
                    f'height="{cell - 2}" rx="3"><title>'
                    f"{escape(f'{column}, {row}: {share_text(share)}')}</title></rect>"
                ),
                _text((x + wide / 2, y + 19), f"{100 * share:.0f}", f"on{step} middle"),
            ]
    return _svg(title, 34 + cell * len(heat.rows), drawn)


def _whiskers(low: float, high: float, y: float) -> Sequence[str]:
    ends = [_line((x, y - 6), (x, y + 6), "wide") for x in (low, high)]
    return [_line((low, y), (high, y), "wide"), *ends]


def _beside(label: str, point: At, taken: list[At]) -> str:
    """Put a label where none stands yet."""
    x, y = point[0], point[1] + 4
    reach = 16 + 8 * len(label)
    while any(abs(y - other_y) < 13 and abs(x - other_x) < reach for other_x, other_y in taken):
        y += 13
    taken.append((x, y))
    if x > WIDTH - 90:
        return _text((x - 9, y), label, "label end")
    return _text((x + 9, y), label, "label")


def _round_up(value: float) -> float:
    if value <= 0:
        return 1.0
    size = 10.0 ** len(str(int(value))) / 10 if value >= 1 else 1.0
    while size > value * 2:
        size /= 10
    return next(size * step for step in (1, 2, 4, 6, 8, 10, 20) if size * step >= value)


def _short(text: str, most: int = 22) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _across(share: float) -> float:
    return LEFT + (RIGHT - LEFT) * share


def _line(start: At, end: At, kind: str) -> str:
    (x1, y1), (x2, y2) = start, end
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line class="{kind}" {ends}/>'


def _text(at: At, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{at[0]:.1f}" y="{at[1]:.1f}">{escape(text)}</text>'


def _svg(title: str, height: float, drawn: Sequence[str]) -> str:
    inside = "\n".join(drawn)
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}">\n'
        f"{inside}\n</svg>"
    )


_QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
