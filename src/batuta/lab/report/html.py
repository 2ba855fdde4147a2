"""A comparison as one HTML page: no script, no request elsewhere, light and dark."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from batuta.lab.report.parts import ReportTable, Section
from batuta.lab.report.sections import sections
from batuta.lab.results import Comparison


def report_html(comparison: Comparison) -> str:
    """Write the whole report as one page."""
    title = f"{comparison.app} compared"
    parts = [_section(number, each) for number, each in enumerate(sections(comparison))]
    style = files("batuta.lab.report").joinpath("report.css").read_text(encoding="utf-8")
    return _PAGE.format(title=escape(title), style=style, parts="\n".join(parts))


def _section(number: int, section: Section) -> str:
    words = "\n".join(f"<p>{escape(each)}</p>" for each in section.words)
    table = _table(section.table, section.title) if section.table is not None else ""
    plot = f"<figure>{section.plot}</figure>" if section.plot else ""
    both = f'<div class="pair">{plot}{table}</div>' if plot else table
    return (
        f'<section aria-labelledby="s{number}">\n<h2 id="s{number}">{escape(section.title)}</h2>\n'
        f"{words}\n{both}\n</section>"
    )


def _table(table: ReportTable, title: str) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in table.head)
    rows = "\n".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(each)}</td>" for each in row[1:])
        + "</tr>"
        for row in table.rows
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" '
        f'aria-label="{escape(title)}: table"><table>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
    )


_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
style-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{parts}
</main>
</body>
</html>
"""
