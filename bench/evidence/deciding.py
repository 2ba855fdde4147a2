"""Writes docs/deciding.md and its drawing, of the guide and the figures that come with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from batuta.lab.guide import GOALS, NEIGHBOURS, QUESTIONS, STYLE_GUIDES, Trait
from batuta.lab.measured import (
    EvidenceRow,
    shipped_comparison,
    shipped_evidence,
    shipped_spectrum,
)
from batuta.lab.measures import Cell, cells
from batuta.lab.report.markdown import plain, table_lines
from batuta.lab.report.parts import Table
from batuta.lab.report.words import estimate_text, number_text, share_text
from batuta.styles import find_style, label_of

DECIDERS = {
    "code": "#1f5f9e", "workflow": "#5b93c9", "model": "#e0a030", "agent": "#d0662a",
    "manager": "#a3364f", "aws": "#6b4c9a",
}  # fmt: skip


def write(docs: Path) -> None:
    """Write the page."""
    (docs / "deciding.md").write_text(deciding(), encoding="utf-8")
    (docs / "diagrams" / "spectrum.svg").write_text(spectrum(), encoding="utf-8")


def deciding() -> str:
    """Make the page."""
    rows = shipped_evidence()
    found = {each.subject.style: each for each in cells(shipped_comparison())}
    parts = [_OPENING, "", *_questions(rows), "", "## The spectrum", "", _SPECTRUM, ""]
    parts += [*_spectrum(found), "", "## Quick reference", "", *_reference(found), ""]
    for key in STYLE_GUIDES:
        parts += [*_style(key, rows), ""]
    parts += ["## Neighbours", "", *_neighbours(), ""]
    parts += ["## From a goal to a composition", "", *_goals(rows)]
    return "\n".join(parts).rstrip() + "\n"


def _questions(rows: Mapping[int, EvidenceRow]) -> Sequence[str]:
    lines: list[tuple[str, ...]] = []
    for question in QUESTIONS:
        for key, ruling in question.answers.items():
            left = [k for k in STYLE_GUIDES if k not in ruling.rules_out]
            lines.append(
                (
                    question.asks,
                    f"{ruling.says} (--{question.key} {key})",
                    " ".join(label_of(each) for each in left),
                    ruling.because,
                    ruling.price,
                    _cited(ruling.rows, rows),
                )
            )
    head = ("question", "answer", "leaves", "because", "gives up", "evidence")
    return table_lines(Table(head=head, rows=lines))


def _spectrum(found: Mapping[str, Cell]) -> Sequence[str]:
    shares = shipped_spectrum()
    lines = [
        (
            label_of(key),
            find_style(key).decides,
            ", ".join(f"{who} {share_text(share)}" for who, share in shares[key].items()),
            number_text(found[key].model_calls),
            number_text(found[key].tokens),
        )
        for key in STYLE_GUIDES
    ]
    head = ("style", "who decides", "decisions, measured", "model calls", "tokens")
    return table_lines(Table(head=head, rows=lines))


def spectrum() -> str:
    """Draw who took the decisions under each style, from measured shares."""
    left, width, row = 34, 420, 26
    shares = shipped_spectrum()
    drawn: list[str] = []
    for down, key in enumerate(STYLE_GUIDES):
        y, x = 34 + row * down, float(left)
        drawn.append(f'<text x="{left - 10}" y="{y + 15}" class="end">{label_of(key)}</text>')
        for who, colour in DECIDERS.items():
            share = shares[key].get(who, 0.0)
            if share:
                title = f"{label_of(key)}: {who} {share_text(share)}"
                drawn.append(
                    f'<rect x="{x:.1f}" y="{y}" width="{width * share:.1f}" height="20" '
                    f'fill="{colour}"><title>{title}</title></rect>'
                )
                x += width * share
    for at, (who, colour) in enumerate(DECIDERS.items()):
        x = 12 + 78 * at
        drawn.append(f'<rect x="{x}" y="8" width="10" height="10" fill="{colour}"/>')
        drawn.append(f'<text x="{x + 14}" y="17">{who}</text>')
    height = 40 + row * len(STYLE_GUIDES)
    inside = "\n".join(drawn)
    return _SVG.format(width=left + width + 12, height=height, inside=inside)


def _reference(found: Mapping[str, Cell]) -> Sequence[str]:
    lines = [
        (
            guide.need,
            f"{label_of(key)}: {find_style(key).name}",
            estimate_text(found[key].success),
            number_text(found[key].tokens),
        )
        for key, guide in STYLE_GUIDES.items()
    ]
    head = ("if you need", "take", "succeeded", "tokens")
    return table_lines(Table(head=head, rows=lines))


def _style(key: str, rows: Mapping[int, EvidenceRow]) -> Sequence[str]:
    guide, style = STYLE_GUIDES[key], find_style(key)
    page = f"[{label_of(key)}: {style.name}]({style.page})"
    return [
        f"## {label_of(key)}: {style.name}",
        "",
        f"{page}. Who decides: {style.decides}.",
        "",
        *table_lines(
            Table(
                head=("", "said", "evidence"),
                rows=[
                    *(("for", each.words, _traits(each, rows)) for each in guide.good),
                    *(("against", each.words, _traits(each, rows)) for each in guide.bad),
                ],
            )
        ),
        "",
        f"Take it when {'; or '.join(guide.when)}.",
    ]


def _traits(trait: Trait, rows: Mapping[int, EvidenceRow]) -> str:
    return _cited(trait.rows, rows) or "no question of measurement"


def _cited(numbers: Sequence[int], rows: Mapping[int, EvidenceRow]) -> str:
    return ", ".join(f"{number} {rows[number].verdict}" for number in numbers)


def _neighbours() -> Sequence[str]:
    lines = [
        (f"{label_of(each.first)} and {label_of(each.second)}", what, first, second)
        for each in NEIGHBOURS
        for what, first, second in each.differences
    ]
    return table_lines(Table(head=("between", "what", "the first", "the second"), rows=lines))


def _goals(rows: Mapping[int, EvidenceRow]) -> Sequence[str]:
    lines = [
        (
            each.goal,
            f"[{each.pattern}]({each.page})",
            plain(each.benefit),
            plain(each.costs),
            plain(rows[each.row].figure or "none"),
            f"{each.row} {rows[each.row].verdict}",
        )
        for each in GOALS
    ]
    head = ("goal", "pattern", "what is said", "what it takes", "measured", "evidence")
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *lines)]


_OPENING = """\
# Deciding

Which style, and which composition. Take the first of the styles that your answers leave, in the
order A, B, D, E, F, C, G, H: more effort only where it is needed. `batuta advise` asks the same
questions, and tells the figures of your own last `batuta compare`. Numbers are rows of the
[evidence](evidence.md), each with what was found; figures here are those of the club's scenarios on
the offline rules, which compare ways of control and say nothing of any real model.

```bash
batuta advise --order open --control code --aws no
batuta compare my_app:app --styles b,d,e
```
"""
_SPECTRUM = """\
From control to autonomy: whose decisions the conversations were made of, beside what they took.

![Shares of the decisions that code, workflow, model, agent, manager and AWS took under each \
style; the table below has the figures](diagrams/spectrum.svg)"""
_SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" \
aria-label="Who decided, by style">
<style>
text {{ font: 13px system-ui, sans-serif; fill: #1b1f24; }}
.end {{ text-anchor: end; font-weight: 600; }}
@media (prefers-color-scheme: dark) {{ text {{ fill: #e6e9ed; }} }}
</style>
{inside}
</svg>
"""
