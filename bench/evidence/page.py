"""Writes docs/evidence.md, and the same rows for the package."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence

from batuta.lab.report.markdown import plain, table_lines
from batuta.lab.report.parts import ReportTable
from bench.evidence.assertions import ASSERTIONS, TESTED, UNTESTABLE
from bench.evidence.finding import Finding, Study, Verdict


def all_findings(measured: Sequence[Finding]) -> Sequence[Finding]:
    """Give a finding for every assertion, in order."""
    by_number = {each.number: each for each in measured}
    return [by_number.get(number) or _unmeasured(number) for number in ASSERTIONS]


def page(measured: Sequence[Finding], studies: Sequence[Study], on: Mapping[str, str]) -> str:
    """Write the page."""
    found = all_findings(measured)
    counted = Counter(each.verdict for each in found)
    told = ", ".join(f"{each} {counted[each]}" for each in _ORDER if counted[each])
    rows = [
        (
            f"{each.number}",
            ASSERTIONS[each.number],
            each.measure,
            each.figure,
            each.model,
            each.verdict + (f": {each.note}" if each.note else ""),
        )
        for each in found
    ]
    head = ("row", "assertion", "measure", "figure", "model", "verdict")
    parts = [_OPENING, "", f"{len(found)} assertions: {told}.", ""]
    parts += [*table_lines(ReportTable(head=head, rows=rows)), ""]
    if on:
        parts += [f"Measured on: {'; '.join(f'{k} {plain(v)}' for k, v in on.items())}.", ""]
    for study in studies:
        parts += [f"## {plain(study.title)}", ""]
        parts += [line for each in study.words for line in (each, "")]
        if study.rows:
            parts += [*table_lines(ReportTable(head=study.head, rows=study.rows)), ""]
    return "\n".join(parts).rstrip() + "\n"


def rows_json(measured: Sequence[Finding]) -> str:
    """Write the rows as JSON, for the command that cites them."""
    rows = {
        str(each.number): {
            "assertion": ASSERTIONS[each.number],
            "figure": each.figure,
            "model": each.model,
            "verdict": each.verdict,
        }
        for each in all_findings(measured)
    }
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def _unmeasured(number: int) -> Finding:
    if number in UNTESTABLE:
        return Finding(
            number=number, measure="none", figure="", model="none",
            verdict="not testable here", note=UNTESTABLE[number],
        )  # fmt: skip
    if number in TESTED:
        measure, where = TESTED[number]
        return Finding(
            number=number, measure=measure, figure="held by tests", model="scripted",
            verdict="holds", note=where,
        )  # fmt: skip
    return Finding(
        number=number, measure="none yet", figure="", model="none", verdict="not measured yet"
    )


_ORDER: tuple[Verdict, ...] = (
    "holds", "in part", "does not hold", "not told apart", "assumed", "not testable here",
    "not measured yet",
)  # fmt: skip
_OPENING = """\
# The evidence

What articles assert of the styles and patterns, each with its measure, its figure and whether it
holds. `make evidence` measures and writes this page; the [decision guide](deciding.md) cites it.

- **Offline rules** are this project's language rules, no AI: figures on them compare ways of
  control and say nothing of any real model. Rules read a wording alike under every style, so that
  styles are often *not told apart* in success; a model that errs would tell more.
- Rows of the compositions have their workloads and details in the [claims](claims.md).
- *Assumed*: the figure follows from a rate that was set; the rate is swept.
- Intervals are of 95 %: Wilson's for shares, else the bootstrap that draws whole scenarios.
  Differences are paired by scenario and seed, and tested by exact McNemar or that bootstrap.
- Times are of one machine that had other work to do: they compare, and are not to be quoted.
- *Not measured yet* and *not testable here* are said as such."""
