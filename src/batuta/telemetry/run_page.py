"""A run's record as one HTML file: no script, nothing fetched, all that was said as text."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from batuta.core.record import RunRecord
from batuta.telemetry.diagram import Row, money, table
from batuta.telemetry.svg import svg

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;margin:0}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem}"
    "dt{font-weight:600}dd{margin:0}.drawn{overflow-x:auto}"
    "th,td{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0;overflow-wrap:anywhere}"
    ".failed{font-weight:600}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def run_page(record: RunRecord, *, note: str = "") -> str:
    """Write the page.

    Args:
        note: Stands under the answer, such as who really answered.
    """
    title = _text(f"Run {record.run_id}")
    return "".join(
        (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{title}</title><style>{_STYLE}</style></head>\n<body><main><h1>{title}</h1>\n",
            f"<h2>Asked</h2><pre>{_text(record.question.text)}</pre>\n",
            f"<h2>Answered</h2><pre>{_text(record.text)}</pre>\n",
            f"<p><em>{_text(note)}</em></p>\n" if note else "",
            _listed("Really done", [e.text for e in record.effects if e.status == "done"]),
            _listed("Begun, and not known to have ended", record.unknown_effects),
            _listed("Warnings", record.warnings),
            _facts(record),
            f'<h2>Who called whom</h2><div class="drawn">{svg(record)}</div>\n',
            _table(table(record)),
            "</main></body></html>\n",
        )
    )


def _facts(record: RunRecord) -> str:
    told = {
        "App": record.app,
        "Style": record.style,
        "Began": record.started_at,
        "Took": f"{record.seconds:.2f} s",
        "Ended": record.stop_reason,
        "Model calls": str(record.model_calls),
        "Tool calls": str(record.tool_calls),
        "Tokens": str(record.usage.total_tokens),
        "Cost": money(record.cost),
        "Conversation": record.session_id,
    }
    rows = (f"<dt>{name}</dt><dd>{_text(said)}</dd>" for name, said in told.items() if said)
    return f"<h2>What it took</h2><dl>{''.join(rows)}</dl>\n"


def _table(rows: Iterable[Row]) -> str:
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("who decided", "what", "", "took"))
    lines: list[str] = []
    for row in rows:
        took = "" if row.seconds is None else f"{row.seconds:.3f} s"
        what = f"{'· ' * row.depth}{row.kind} {row.name}"
        kind = ' class="failed"' if row.failed else ""
        cells = "".join(f"<td>{_text(each)}</td>" for each in (row.by, what, row.detail, took))
        lines.append(f"<tr{kind}>{cells}</tr>")
    return f"<h2>Step by step</h2><table><tr>{heads}</tr>{''.join(lines)}</table>\n"


def _listed(title: str, lines: Iterable[str]) -> str:
    items = "".join(f"<li>{_text(line)}</li>" for line in lines)
    return f"<h2>{title}</h2><ul>{items}</ul>\n" if items else ""


def _text(said: str) -> str:
    """Escape what was said, without what HTML cannot hold."""
    kept = "".join(c for c in said if c in "\n\t" or c.isprintable())
    return escape(kept.encode("utf-8", "replace").decode("utf-8"))
