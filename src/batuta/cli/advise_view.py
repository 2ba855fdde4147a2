"""How advice reads in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from batuta.cli.view.screen import BAD, DIM, HEAD, hang, put, screen, table, text
from batuta.errors import called
from batuta.lab.guide import STYLE_GUIDES
from batuta.lab.measured import shipped_evidence
from batuta.lab.report.words import estimate_text, number_text
from batuta.lab.results import OFFLINE
from batuta.styles import find_style, label_of

if TYPE_CHECKING:
    from rich.console import Console

    from batuta.lab.advice import Advice

HEADS = ("subject", "succeeded", "false claims", "model calls", "tokens")


def show(found: Advice, source: str) -> None:
    """Print it: the style, why, what it takes, what else fits, and the figures."""
    console = screen()
    style = find_style(found.style)
    console.print(text(f"{label_of(style.key)}  {style.name}: {style.decides}", HEAD))
    if not found.fits:
        console.print(text("No style fits every answer; this one fits most of them.", BAD))
    _lines(console, "because", _because(found, against=False))
    _lines(console, "against your answers", _because(found, against=True))
    prices = [(each.ruling.price, each.ruling.rows) for each in found.reasons if each.ruling.price]
    _lines(console, "given up", [] if not found.fits else prices)
    guide = STYLE_GUIDES[found.style]
    _lines(console, "watch out for", [(each.words, each.rows) for each in guide.bad])
    others = [(f"{label_of(key)}: {STYLE_GUIDES[key].need}", ()) for key in found.others]
    _lines(console, "fits as well, with more effort", others)
    _figures(console, found, source)


def _because(found: Advice, *, against: bool) -> Sequence[tuple[str, tuple[int, ...]]]:
    return [
        (f"{each.question} {each.ruling.says}. {each.ruling.because}", each.ruling.rows)
        for each in found.reasons
        if each.against is against
    ]


def _lines(console: Console, title: str, lines: Sequence[tuple[str, tuple[int, ...]]]) -> None:
    if not lines:
        return
    console.print(text(f"\n{title}", HEAD))
    for words, rows in lines:
        told = text(words)
        if rows:
            told.append_text(text(f" [{', '.join(map(str, rows))}]", DIM))
        hang(console, text("-"), told, indent=5)


def _figures(console: Console, found: Advice, source: str) -> None:
    if found.measured:
        console.print(text(f"\nmeasured: {source}", HEAD))
        shown = table(console, *HEADS, right=HEADS[1:])
        for each in found.measured:
            row = (
                each.subject.name,
                estimate_text(each.success),
                estimate_text(each.false_claims),
                number_text(each.model_calls),
                number_text(each.tokens),
            )
            shown.add_row(*map(text, row))
        put(console, shown)
        if any(each.subject.model == OFFLINE for each in found.measured):
            console.print(text("A stand-in answered (language rules): no real model's figures."))
    else:
        said = f"\n{source} has not measured these; {called()} compare takes the figures."
        console.print(text(said, DIM))
    if found.warning:
        console.print(text(found.warning, BAD))
    _evidence(console, found)


def _evidence(console: Console, found: Advice) -> None:
    rows, guide = shipped_evidence(), STYLE_GUIDES[found.style]
    cited = {row for each in found.reasons for row in each.ruling.rows}
    cited |= {row for each in guide.bad for row in each.rows}
    if cited:
        console.print(text("\nwhat was found of these (docs/evidence.md)", HEAD))
    for number in sorted(cited):
        row = rows[number]
        hang(console, text(f"[{number}]", DIM), text(f"{row.assertion} {row.verdict}"), indent=8)
