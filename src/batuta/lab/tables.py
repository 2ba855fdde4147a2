"""A comparison as CSV and Markdown, and the rows of both."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import fields

from batuta.lab.measures import Cell, cells
from batuta.lab.results import OFFLINE, Comparison, Sample

HEADS = (
    ("subject", "success", "pass^k", "wrong", "double", "false claims", "turns")
    + ("model calls", "tool calls", "tokens", "cached", "usd", "CPU ms", "p50 s", "p95 s")
)  # fmt: skip


def comparison_csv(comparison: Comparison) -> str:
    """Write a comparison as CSV, a sample a row; its times are the last columns."""
    out = io.StringIO()
    names = [each.name for each in fields(Sample) if each.name != "subject"]
    times = ["cpu_seconds", "seconds"]
    plain = [name for name in names if name not in times]
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["style", "framework", "model", *plain, *times])
    for each in comparison.samples:
        subject = each.subject
        row: list[object] = [subject.style, subject.framework, subject.model]
        row += ["" if (v := getattr(each, name)) is None else _flat(v) for name in plain]
        row += [f"{getattr(each, name):.6f}" for name in times]
        rows.writerow(row)
    return out.getvalue()


def comparison_markdown(comparison: Comparison) -> str:
    """Write a comparison's figures as a Markdown page."""
    lines = [f"# {comparison.app}: who decides, compared", ""]
    lines += [
        f"{len(comparison.subjects)} subjects, {len(comparison.scenarios)} scenarios, "
        f"{comparison.repeat} repeats, seed {comparison.seed}. Intervals of 95 % are Wilson's, and "
        "take samples as independent.",
        "",
    ]
    for fault in comparison.faults:
        lines += [f"## Fault: {fault}", ""] if fault else []
        lines += _table([each for each in cells(comparison) if each.fault == fault])
    if any(each.subject.model != OFFLINE for each in comparison.samples):
        lines += ["Figures of real models differ from run to run.", ""]
    lines += ["Times were measured on: " + ", ".join(comparison.measured_on.values()) + "."]
    return "\n".join(lines) + "\n"


def row_of(cell: Cell) -> tuple[str, ...]:
    """Give the figures of a cell under ``HEADS``."""
    k = max(cell.pass_hat)
    usd = "unknown" if cell.usd is None else f"{cell.usd:f}"
    success = cell.success
    return (
        cell.subject.name,
        f"{success.value:.1%} ({success.low:.1%} to {success.high:.1%})",
        f"{cell.pass_hat[k]:.1%} (k={k})",
        f"{cell.wrong_bookings}",
        f"{cell.double_bookings}",
        f"{cell.false_claims.value:.1%}",
        f"{cell.turns:.2f}",
        f"{cell.model_calls:.2f}",
        f"{cell.tool_calls:.2f}",
        f"{cell.tokens:.0f}",
        f"{cell.cached_tokens:.0f}",
        usd,
        f"{cell.cpu_ms:.1f}",
        f"{cell.p50_s:.3f}",
        f"{cell.p95_s:.3f}",
    )


def _table(found: Sequence[Cell]) -> list[str]:
    rows = [HEADS, tuple("---" for _ in HEADS), *(row_of(each) for each in found)]
    return [f"| {' | '.join(row)} |" for row in rows] + [""]


def _flat(value: object) -> object:
    return "; ".join(value) if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType]
