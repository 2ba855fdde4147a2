"""A comparison and a regression as Markdown, whole or as the summary of a pull request."""

from __future__ import annotations

import re
from collections.abc import Sequence

from batuta.lab.regression import Change, Regression
from batuta.lab.report.parts import ReportTable
from batuta.lab.report.sections import sections
from batuta.lab.report.words import fault_text, p_text, share_text, signed_points
from batuta.lab.results import Comparison

_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~])")


def report_markdown(comparison: Comparison, *, brief: bool = False) -> str:
    """Write the report.

    Args:
        brief: Only what a summary of a pull request has room for.
    """
    parts = [f"# {plain(comparison.app)} compared", ""]
    for section in sections(comparison):
        if brief and not section.brief:
            continue
        parts += [f"## {plain(section.title)}", ""]
        parts += [line for each in section.words for line in (plain(each), "")]
        if section.table is not None:
            parts += [*table_lines(section.table), ""]
    return "\n".join(parts).rstrip() + "\n"


def regression_markdown(regression: Regression) -> str:
    """Write what has changed since the last comparison, drops first."""
    drops = regression.drops
    verdict = f"**{len(drops)} significant drops**" if drops else "No significant drop"
    if len(drops) == 1:
        verdict = "**1 significant drop**"
    parts = [
        "## Against the last comparison",
        "",
        f"{verdict} over {regression.pairs:,} paired conversations.",
        "",
    ]
    if regression.changes:
        ordered = sorted(regression.changes, key=lambda each: (not each.drop, not each.worse))
        parts += [*table_lines(ReportTable(head=_HEAD, rows=[_row(each) for each in ordered])), ""]
        parts += ["Tested in pairs, adjusted by Holm over this table.", ""]
    if regression.gone:
        names = "; ".join(plain(each.name) for each in regression.gone)
        parts += [f"In the last comparison and not in this one: {names}.", ""]
    return "\n".join(parts).rstrip() + "\n"


def table_lines(table: ReportTable) -> Sequence[str]:
    """Write a table, a line each row."""
    rows = [table.head, ["---"] * len(table.head), *table.rows]
    return [
        f"| {' | '.join(each if at == 1 else plain(each) for each in row)} |"
        for at, row in enumerate(rows)
    ]


def plain(text: str) -> str:
    """Write a text so that Markdown and HTML read nothing into it."""
    told = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", told)


def _row(change: Change) -> Sequence[str]:
    found = change.found
    verdict = "drop" if change.drop else "worse, may be chance" if change.worse else "better"
    return (
        change.subject.name,
        fault_text(change.fault),
        change.measure,
        share_text(found.first),
        share_text(found.second),
        signed_points(found.by),
        p_text(found.adjusted_p),
        verdict,
    )


_HEAD = ("subject", "fault", "measure", "last", "now", "points", "adjusted p", "")
