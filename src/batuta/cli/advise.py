"""``batuta advise``: which style fits, by a few questions, with reasons and measured figures."""

from __future__ import annotations

import json as json_format
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from batuta.cli.command import Json
from batuta.errors import InvalidInput, called

if TYPE_CHECKING:
    from batuta.lab.advice import Advice
    from batuta.lab.guide import GuideQuestion
    from batuta.lab.results import Comparison

LAST = Path("comparison") / "report.json"


@dataclass(frozen=True, kw_only=True)
class AdviseOptions:
    """What ``batuta advise`` takes."""

    ai: Annotated[
        Literal["reads", "reasons"] | None, typer.Option(help="What the model must do.")
    ] = None
    order: Annotated[
        Literal["known", "open"] | None, typer.Option(help="Whether the work's order is known.")
    ] = None
    control: Annotated[
        Literal["code", "agent"] | None, typer.Option(help="Who must hold the loop.")
    ] = None
    skills: Annotated[
        Literal["one", "several"] | None, typer.Option(help="Domains with tools of their own.")
    ] = None
    isolation: Annotated[
        Literal["yes", "no"] | None, typer.Option(help="Parts must ship, scale or fail apart.")
    ] = None
    vendors: Annotated[
        Literal["one", "several"] | None, typer.Option(help="Vendors that work on one request.")
    ] = None
    audit: Annotated[
        Literal["yes", "no"] | None, typer.Option(help="Order must be proven beforehand.")
    ] = None
    budget: Annotated[
        Literal["tight", "usual"] | None, typer.Option(help="Money for one conversation.")
    ] = None
    aws: Annotated[
        Literal["yes", "no"] | None, typer.Option(help="AWS shall hold loop and session.")
    ] = None
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Comparison to tell of, else comparison/report.json."),
    ] = None
    json: Json = False


def advise(options: AdviseOptions) -> None:
    """Say which style fits what you need, and why.

    Questions without an option are asked in the terminal, where no option is given at all; a bare
    return leaves one open.
    """
    from batuta.lab.advice import advise as advised
    from batuta.lab.guide import QUESTIONS

    given = {
        each.key: answer for each in QUESTIONS if (answer := getattr(options, each.key)) is not None
    }
    if not given:
        if not sys.stdin.isatty():
            raise InvalidInput(
                "nothing is known of what you need",
                f"Answer in a terminal, or by options: {called()} advise --order open --aws no",
            )
        given = _asked()
    source, comparison = _comparison(options.report)
    found = advised(given, comparison)
    if options.json:
        print(json_format.dumps(_json(found, source), indent=2, ensure_ascii=False))
    else:
        from batuta.cli.advise_view import show

        show(found, source)


def _asked() -> dict[str, str]:
    from batuta.lab.guide import QUESTIONS

    given: dict[str, str] = {}
    for question in QUESTIONS:
        answer = _answer(question)
        if answer:
            given[question.key] = answer
    return given


def _answer(question: GuideQuestion) -> str:
    print(f"\n{question.asks}")
    keys = list(question.answers)
    for number, key in enumerate(keys, 1):
        print(f"  {number}  {question.answers[key].says}")
    while True:
        said = input("  number, or return to leave it open: ").strip().lower()
        if not said or said in keys:
            return said
        if said.isdecimal() and 1 <= int(said) <= len(keys):
            return keys[int(said) - 1]
        print(f"  One of 1 to {len(keys)}.")


def _comparison(report: Path | None) -> tuple[str, Comparison]:
    """Read the comparison named, else the user's last one, else ours."""
    from batuta.lab.measured import shipped_comparison
    from batuta.lab.results import read_comparison

    if report is not None or LAST.is_file():
        path = report or LAST
        return str(path), read_comparison(path)
    return "Batuta's own comparison of its tennis club", shipped_comparison()


def _json(found: Advice, source: str) -> dict[str, Any]:
    return {
        "style": found.style,
        "fits": found.fits,
        "reasons": [
            {
                "question": each.question,
                "answer": each.ruling.says,
                "because": each.ruling.because,
                "gives_up": each.ruling.price,
                "evidence": list(each.ruling.rows),
                "against": each.against,
            }
            for each in found.reasons
        ],
        "others": list(found.others),
        "measured_in": source if found.measured else "",
        "measured": [
            {
                "subject": each.subject.name,
                "success": {k.name: getattr(each.success, k.name) for k in fields(each.success)},
                "false_claims": each.false_claims.value,
                "model_calls": each.model_calls,
                "tokens": each.tokens,
                "usd": None if each.usd is None else str(each.usd),
            }
            for each in found.measured
        ],
        "warning": found.warning,
    }
